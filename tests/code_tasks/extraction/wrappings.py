"""The ways in which models, tokenizers and terminals wrap a right program: name and text of each."""

# ruff: noqa: E501 - an answer and its name stand side by side
import html
import textwrap
from collections.abc import Iterator
from collections.abc import Sequence

FENCE = "```"
TOKENS = (
    "<|EOT|>", "<|endoftext|>", "<|im_end|>", "<|eot_id|>", "<|end|>", "<|return|>", "<|fim_pad|>", "<|file_sep|>",
    "<|end_of_text|>", "<|eom_id|>", "<|endofturn|>", "<|EOS|>", "<|/s|>", "<|repo_name|>", "<|END_OF_TURN_TOKEN|>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>", "<\uff5cfim\u2581end\uff5c>", "<|end\u2581of\u2581sentence|>", "</s>",
    "<s>", "<eos>", "<pad>", "<unk>", "<EOT>", "<EOD>", "<eod>", "<end_of_turn>", "<start_of_turn>", "<file_sep>",
    "<jupyter_code>", "<jupyter_text>", "<jupyter_output>", "<fim_middle>", "<fim_suffix>", "<gh_stars>", "<filename>",
    "<issue_start>", "<commit_msg>", "<reponame>", "<empty_output>", "<extra_id_0>", "<unused49>", "<reserved_106>",
    "<0x0A>", "[DONE]", "[/INST]", "[INST]", "[END]", "[EOS]", "[SEP]", "[PAD]", "[UNK]", "[END_OF_TEXT]",
    "</answer>", "</code>", "</solution>", "</output>", "<end>", "<stop>", "<eot>", "<|im_end", "<|endoftext",
)  # fmt: skip
"""Some of a form each; the rule names few of them."""
THOUGHTS = {
    f"{opening} ... {closing}": (opening, closing)
    for opening, closing in (
        *((f"<{word}>", f"</{word}>") for word in ("think", "thinking", "thought", "thoughts", "reasoning")),
        *(
            (f"<{word}>", f"</{word}>")
            for word in ("reflection", "scratchpad", "seed:think", "antThinking", "analysis")
        ),
        ("[THINK]", "[/THINK]"),
        ("[REASONING]", "[/REASONING]"),
        ("\u25c1think\u25b7", "\u25c1/think\u25b7"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
        ("<|START_THINKING|>", "<|END_THINKING|>"),
        ("<|think|>", "<|/think|>"),
        ("<thinking effort='high'>", "</thinking>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("<|channel|>commentary to=user<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("<|channel>thought\n", "<channel|>"),
        ("Thinking...\n", "\n...done thinking.\n"),
        ("analysis", "assistantfinal"),
        ("", "</think>"),
        ("", "</thinking>"),
        ("", "[/THINK]"),
        ("", "\u25c1/think\u25b7"),
        ("", "</seed:think>"),
    )
}
LITERALS = (
    "_A = '<s>x</s>'\n_B = \"a</think>b\".split('</think>')\n_C = '<think>'\n_D = \"[DONE]\"\n_E = ['<|im_end|>', '[CODE]']\n"
    "_F = '''\n```python\nf(1)\n```\n<|endoftext|>\n</thinking>\n'''\n"
    "# ```x``` and ```\n# <|channel|>final<|message|> \u25c1/think\u25b7\n_G = '~~~' + f'{_A}</s>' + '\u201cq\u201d\u00a0\u200b'\n"
    "assert (len(_A), len(_B), len(_F), len(_G)) == (8, 2, 46, 20)\n"
)
"""Statements that raise where a mark in them was taken for one."""


def fenced(code: str, word: str = "python", fence: str = FENCE) -> str:
    """A block of Markdown."""
    return f"{fence}{word}\n{code.rstrip()}\n{fence}\n"


def wrapped(
    code: str, names: tuple[str, ...], tokens: Sequence[str] = TOKENS, thoughts: Sequence[str] = tuple(THOUGHTS)
) -> Iterator[tuple[str, str]]:
    """A whole program, which defines `names`, in answers of a chat; with all tokens and thoughts, or with these."""
    code = code.replace("\r\n", "\n").rstrip() + "\n"
    stub = "".join(f"def {name}(*args):\n    raise NotImplementedError\n\n" for name in names)
    yield from {
        "bare": code,
        "fenced": fenced(code),
        "fenced without a language": fenced(code, ""),
        "fenced as py": fenced(code, "py"),
        "tildes": fenced(code, "python", "~~~"),
        "four ticks": fenced(code, "python", "````"),
        "prose around a fence": f"Sure, here's it:\n\n{fenced(code)}\nIt's what you asked for (see above).\n",
        "prose around": f"Sure! Here you are.\n\n{code}\nThat is all there is to it.\n",
        "never closed": f"Here:\n{FENCE}python\n{code}",
        "in an answer's marks": f"<answer>\n{fenced(code)}</answer>",
        "in a solution's marks": f"<|begin_of_solution|>\n{fenced(code)}<|end_of_solution|>",
        "a byte order mark": "\ufeff" + code,
        "line ends of Windows": fenced(code).replace("\n", "\r\n"),
        "line ends of old": fenced(code).replace("\n", "\r"),
        "a terminal's codes": fenced(code.replace("\n", "\x1b[K\n").replace("def ", "\x1b[1mdef\x1b[0m ")),
        "HTML entities": fenced(html.escape(code, quote=False) if "<" in code or ">" in code else code),
        "HTML entities and quotes": fenced(html.escape(code)),
        "zero-width characters": "\n".join(f"\u200b{line}" for line in fenced(code).split("\n")),
        "spaces that do not break": fenced(
            "\n".join("\u00a0" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in code.split("\n"))
        ),
        "a usage behind": f"{fenced(code)}Use it so:\n\n{fenced('print(' + names[0] + ')')}",
        "a shell before": f"{fenced('pip install numpy', 'bash')}\n{fenced(code)}",
        "its output behind": f"{fenced(code)}prints\n{fenced('42', 'text')}",
        "a stub before": f"{fenced(stub)}In full:\n{fenced(code)}",
        "a stub behind": f"{fenced(code)}To fill in yourself:\n{fenced(stub)}",
        "a stub above": fenced(f"{stub}{code}"),
        "a stub below": fenced(f"{code}\n{stub}"),
        "a main guard": fenced(f"{code}\nif __name__ == '__main__':\n    print(int(input()))\n"),
        "a doctest run": fenced(f"{code}\nimport doctest\ndoctest.testmod()\n"),
        "a unittest": fenced(f"import unittest\n{code}\nclass T(unittest.TestCase):\n    pass\n\nunittest.main()\n"),
        "a question": fenced(f"{code}\nprint(int(input('n? ')))\n"),
        "a trial that raises": fenced(f"{code}\nprint({names[0]}(*range(99)))\n"),
        "in a list": "1. So:\n\n" + textwrap.indent(fenced(code), "   ") + "2. Done.",
        "indented as Markdown has it": "Here:\n\n" + textwrap.indent(code, "    ") + "\nDone.",
        "a quotation": "".join(f"> {line}\n" for line in fenced(code).split("\n")),
        "a quotation without a fence": "".join(f"> {line}\n" for line in code.split("\n")),
        "marks of an instruction-tuned model": f"[PYTHON]\n{code}[/PYTHON]\n",
        "literals above": f"{LITERALS}{code}",
        "literals in a fence": fenced(f"{LITERALS}{code}"),
        "literals below, prose around": f"So:\n\n{code}\n{LITERALS}\nThat's it.\n",
        "a docstring with fences": f'"""So:\n\n{fenced("f(1)")}"""\n{code}',
        "a docstring with fences in a fence": fenced(f'"""So:\n\n{fenced("f(1)")}"""\n{code}'),
        "a turn's beginning": f"<|im_start|>assistant\n{code}<|im_end|>\n<|im_start|>user\nThanks, it's fine",
        "a beginning": f"<s> {fenced(code)}</s>",
    }.items()  # fmt: skip
    for token in tokens:
        yield f"{token} behind", code.rstrip() + token
    for name in thoughts:
        opening, closing = THOUGHTS[name]
        wrong = "".join(f"def {one}(*args):\n    return 'a thought'\n" for one in names)
        yield f"{name}, fenced", f"{opening}We need it. It's this?\n{fenced(wrong)}No.{closing}\n\n{fenced(code)}"
        yield f"{name}, bare", f"{opening}We need it:\n{wrong}\n{closing}\n{code}"


def continuing(
    body: str, prompt: str, names: tuple[str, ...], tokens: Sequence[str] = TOKENS
) -> Iterator[tuple[str, str]]:
    """What completes a prompt, in completions of a base model, or in answers of a chat that has the prompt."""
    body = body.strip("\n") + "\n"
    flush = textwrap.dedent(body)
    behind = {
        "a main guard": f'\nif __name__ == "__main__":\n    {names[0]}(input())\n',
        "a print": "\nprint('done')\n",
        "prose": "\nThis is right, isn't it?\n",
        "a fence": f"{FENCE}\n\nThat's it.\n",
        "another function": "\n\ndef other(x):\n    return x +\n",
    }
    yield from {
        "a body": body,
        "a body without its first indentation": body.lstrip(),
        "a body without indentation": flush,
        "a body in a fence": fenced(body),
        "a body without indentation in a fence": fenced(flush),
        "the prompt again": prompt + body,
        "the prompt again in a fence": fenced(prompt + body),
        "a thought before a body": f"<think>\nSo:\n{fenced('return None')}</think>\n{body}",
        "a body with a fenced comment": f"    # compare ```x``` with ```y```\n    _ = '</s><think>'\n{body}",
    }.items()  # fmt: skip
    for indent in ("", " ", "  ", "   ", "     ", "      ", "       ", "        ", "\t", "\t\t"):
        for name, more in behind.items():
            yield f"a body behind {indent!r}, then {name}", textwrap.indent(flush, indent) + more
    for token in tokens:
        yield f"a body, then {token}", body.rstrip() + token
        yield f"a body, then {token} many times", f"{body.rstrip()}{token * 3}\n{token}"
        yield f"a body, {token} and another turn", f"{body.rstrip()}{token}\nHuman: it's fine, thanks!\n"
