"""What an instructor needs beyond nbgrader as shipped."""
