"""The reference of the commands, read from the commands themselves."""

from typing import Any


def cli_page() -> tuple[str, ...]:
    """Title, introduction and one part for each command of `pipeline.cli.app`."""
    found = _all()
    shared = [option for option in _options(found[0][1]) if option.name in ("config", "state", "output")]
    everywhere = {option.name for option in shared}
    intro = (
        "Every command of `vqroute`, as `vqroute COMMAND --help` says it. "
        "Exit codes: 0 done; 1 something was rejected, quarantined or dead-lettered; 2 wrong use or configuration; "
        "3 the environment failed. [interface.md](interface.md) describes the output that programs may rely on."
    )
    common = "Every command takes `--help`. Every one that uses the configuration or the ledger takes these:\n\n" + _list(shared)
    return "Commands", intro, common, *(_part(path, command, everywhere) for path, command in found)


def commands() -> list[str]:
    """Every command as it is typed, subcommands included (`audit verify`), hidden ones left out."""
    return [path.removeprefix("vqroute ") for path, _ in _all()]


def _all() -> list[tuple[str, Any]]:
    import typer.main

    from pipeline.cli import app

    return _walk(typer.main.get_command(app), "vqroute")


def _walk(command: Any, path: str) -> list[tuple[str, Any]]:
    """Leaves of the command tree with the words that reach them."""
    children = getattr(command, "commands", None)
    if children is None:
        return [(path, command)]
    return [leaf for name, child in sorted(children.items()) if not child.hidden for leaf in _walk(child, f"{path} {name}")]


def _options(command: Any) -> list[Any]:
    return [param for param in command.params if param.param_type_name == "option" and not getattr(param, "hidden", False)]


def _part(path: str, command: Any, everywhere: set[str]) -> str:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    own = [option for option in _options(command) if option.name not in everywhere]
    needed = [f"{option.opts[0]} {_value(option)}" for option in own if option.required]
    usage = " ".join([path, *(_metavar(argument) for argument in arguments), *needed, *(["[OPTIONS]"] if own else [])])
    explained = "\n".join(f"- `{_metavar(argument)}`: {_help(argument)}" for argument in arguments)
    body = "\n".join(text for text in (explained, _list(own)) if text)
    return "\n\n".join(text for text in (f"## {path}", " ".join((command.help or "").split()), f"    {usage}", body) if text)


def _list(options: list[Any]) -> str:
    return "\n".join(f"- {_flags(option)}: {_help(option)}" for option in options)


def _flags(option: Any) -> str:
    value = "" if option.is_flag else f" {_value(option)}"
    return ", ".join(f"`{flag}{value}`" for flag in [*option.opts, *option.secondary_opts])


def _value(option: Any) -> str:
    return str(option.metavar or option.opts[-1].lstrip("-").upper())


def _metavar(argument: Any) -> str:
    name = argument.metavar or argument.name.upper()
    many = "..." if argument.nargs == -1 and not name.endswith("...") else ""
    return f"{name}{many}" if argument.required else f"[{name}{many}]"


def _help(param: Any) -> str:
    text = " ".join((getattr(param, "help", None) or "").split())
    default = param.default
    plain = isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""
    said = f"{text} (default: `{default}`)" if plain else text
    return f"{said} (environment: `{param.envvar}`)" if param.envvar else said
