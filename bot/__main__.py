"""The wiring: the only file that knows every room. `python -m bot` is the console script `watchkeeper`."""

from bot.cli import app


def main() -> None:
    app()


if __name__ == "__main__":
    main()
