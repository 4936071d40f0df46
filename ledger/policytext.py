"""C2SP tlog-policy: which log keys and how many of which witnesses a checkpoint of ours needs, as one text. Pure."""

from collections.abc import Sequence

from ledger.witnesspolicy import WitnessPolicy

GROUP = "witnesses"


def encode(vkeys: Sequence[str], url: str, policy: WitnessPolicy) -> str:
    """Return the policy text: the log's verifier keys with its address, the witnesses, and their quorum.

    Names stand for the witnesses inside this text only, and are numbers so that none of them can be a reserved word.
    Where the witnesses take submissions is left out: a reader has no use for it.
    """
    names = [f"w{number}" for number in range(1, len(policy.cosigners) + 1)]
    lines = [f"log {vkey} {url}" for vkey in vkeys]
    lines += [f"witness {name} {one.vkey()}" for name, one in zip(names, policy.cosigners, strict=True)]
    if policy.quorum:
        lines += [f"group {GROUP} {policy.quorum} {' '.join(names)}", f"quorum {GROUP}"]
    else:
        lines.append("quorum none")
    return "".join(f"{line}\n" for line in lines)
