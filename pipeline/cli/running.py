"""`vqroute run`: the daemon."""

import sys
from pathlib import Path

import typer

from pipeline.cli.options import ConfigOption, OutputOption, StateOption, place


def run(config: ConfigOption = None, state: StateOption = None, output: OutputOption = None) -> None:
    """Watch the inboxes and do the work, until SIGTERM or SIGINT.

    Logs are JSON lines on standard output. Files are moved out of the inbox once they are safe. SIGHUP reads the settings again.
    """
    here = place(config, state, output, sends=True)

    from pipeline import service, telemetry
    from pipeline.app import App
    from pipeline.errors import EnvironmentFailed

    logs = here.config.logs
    telemetry.start(sys.stdout, pretty=logs.pretty, level=logs.level)
    try:
        telemetry.serve_metrics(here.config.metrics.port)
    except OSError:
        raise EnvironmentFailed(f"port {here.config.metrics.port} for metrics is taken; see [metrics] in {here.config.file}") from None
    file: Path = here.config.file
    with App.build(here.config, here.state, here.output, service.SystemClock(), folder_only=False, exclusive=True) as app:
        code = service.run(app, here.config, reload=lambda: place(file, state, output, sends=True).config)
    raise typer.Exit(code)
