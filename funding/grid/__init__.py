"""Plans of consecutive years side by side: financers in rows, years in columns (domain §4, M8). See ADR 10."""
