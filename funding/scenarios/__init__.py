"""What if: assumptions applied to copies of plans, computed by the real allocation, compared, one of them adopted."""
