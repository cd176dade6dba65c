"""`python -m pipeline` is `vqroute`."""

from pipeline.cli import main

if __name__ == "__main__":
    main()
