"""How the pages write figures in English, worked out with exact decimals."""

from decimal import ROUND_HALF_UP, Decimal


def euros(value: Decimal) -> str:
    """Whole euros; of less than a hundred the cents, too."""
    if abs(value) < 100 and value != value.to_integral_value():
        return f"€{value:.2f}" if value >= 0 else f"-€{-value:.2f}"
    return f"€{value.quantize(Decimal(1), ROUND_HALF_UP):,}"


def percent(value: Decimal, digits: str = "0.1") -> str:
    """A share, with one digit unless told."""
    return f"{(value * 100).quantize(Decimal(digits), ROUND_HALF_UP)}%"


def share(part: Decimal | int, total: Decimal | int) -> Decimal:
    """An exact quotient."""
    return Decimal(part) / Decimal(total)
