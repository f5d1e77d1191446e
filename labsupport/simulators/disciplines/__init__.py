"""Disciplines: who is served next. One file per discipline; `heap` holds what several of them work on.

Conventions: a departure precedes an arrival at the same moment; of customers who arrive at the same moment the one with the lower
number is first; a customer who finds the system full is lost and leaves no trace.
"""
