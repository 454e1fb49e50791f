"""What to put into a function's template, where a template manages it: the same as `attach` would do, in its words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hotlog.client.attaching.permissions import Statement


def _yaml_statements(statements: list[Statement], indent: int) -> Iterator[str]:
    """Yield the lines of a policy's statements, as a YAML list."""
    for statement in statements:
        yield f"{' ' * indent}- Effect: Allow"
        yield f"{' ' * indent}  Action: {json.dumps(list(statement.actions))}"
        yield f"{' ' * indent}  Resource: {statement.resource}"


def _sam(layer: str, variables: Mapping[str, str], statements: list[Statement]) -> str:
    lines = ["# In the function's Properties:", "Layers:", f"  - {layer}", "Environment:", "  Variables:"]
    lines += [f"    {name}: {json.dumps(value)}" for name, value in variables.items()]
    lines += ["Policies:", "  - Statement:"]
    lines += _yaml_statements(statements, indent=6)
    return "\n".join(lines)


def _cdk(layer: str, variables: Mapping[str, str], statements: list[Statement]) -> str:
    lines = [
        "# In the stack, after `function`:",
        "function.add_layers(",
        f'    lambda_.LayerVersion.from_layer_version_arn(self, "Hotlog", "{layer}")',
        ")",
    ]
    lines += [
        f"function.add_environment({json.dumps(name)}, {json.dumps(value)})"
        for name, value in variables.items()
    ]
    for statement in statements:
        lines += [
            "function.add_to_role_policy(",
            f"    iam.PolicyStatement(actions={json.dumps(list(statement.actions))}, resources=[{json.dumps(statement.resource)}])",
            ")",
        ]
    return "\n".join(lines)


def _terraform(layer: str, variables: Mapping[str, str], statements: list[Statement]) -> str:
    lines = [
        "# In the function's resource:",
        f'layers = ["{layer}"]',
        "environment {",
        "  variables = {",
        *(f"    {name} = {json.dumps(value)}" for name, value in variables.items()),
        "  }",
        "}",
        "",
        "# Beside it:",
        'resource "aws_iam_role_policy" "hotlog" {',
        '  name = "hotlog"',
        "  role = aws_iam_role.function.id",
        "  policy = jsonencode({",
        '    Version = "2012-10-17"',
        "    Statement = [",
    ]
    lines += [
        f'      {{ Effect = "Allow", Action = {json.dumps(list(each.actions))}, Resource = "{each.resource}" }},'
        for each in statements
    ]
    return "\n".join([*lines, "    ]", "  })", "}"])


def _serverless(layer: str, variables: Mapping[str, str], statements: list[Statement]) -> str:
    lines = ["# In the function:", "layers:", f"  - {layer}", "environment:"]
    lines += [f"  {name}: {json.dumps(value)}" for name, value in variables.items()]
    lines += ["", "# In provider.iam.role:", "statements:"]
    lines += _yaml_statements(statements, indent=2)
    return "\n".join(lines)


TOOLS: Final[Mapping[str, Callable[[str, Mapping[str, str], list[Statement]], str]]] = {
    "sam": _sam,
    "cdk": _cdk,
    "terraform": _terraform,
    "serverless": _serverless,
}


def snippet(tool: str, layer: str, variables: Mapping[str, str], statements: list[Statement]) -> str:
    """Return the lines that attach hotlog in one tool's template.

    Args:
        tool: one of `TOOLS`.
        layer: ARN of the layer version.
        variables: to be set.
        statements: what the function's role must be allowed.
    """
    return TOOLS[tool](layer, variables, statements)
