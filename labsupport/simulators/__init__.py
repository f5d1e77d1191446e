"""Simulators: arrays in, a frozen result out. One topic per file, the same name as in every other part of the course."""
