"""The wiring: the only file that knows every room. `python -m bot` is the console script `watchkeeper`."""

from bot import dumps
from bot.cli import app


def main() -> None:
    dumps.leave_none()
    app()


if __name__ == "__main__":
    main()
