"""Steering: money at risk, what posts cost, the committee's pack. Reads only; ADR 24 says what counts and why."""
