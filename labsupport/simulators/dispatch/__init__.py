"""Dispatching: which server gets the next request. One file per policy; `fleet` holds what all of them work on.

Conventions: a departure precedes an arrival at the same moment; ties go to the server chosen least recently, and of those never
chosen to the one with the lowest number.
"""
