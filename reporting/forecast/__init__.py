"""What each body owes this year and the next two: the lines, the files, the statements that can be cited."""

from .lines import ForecastLine, State, YearForecast, by_debtor, by_year, forecast_lines

__all__ = ["ForecastLine", "State", "YearForecast", "by_debtor", "by_year", "forecast_lines"]
