"""Instruction sets: what oneDNN calls them, what people call them, and how to hold a process back to one."""

# The names of --isa, least capable first -> oneDNN's name, and a title.
ALL = {
    "sse41": ("sse41", "SSE4.1"),
    "avx": ("avx", "AVX"),
    "avx2": ("avx2", "AVX2"),
    "avx2_vnni": ("avx2_vnni", "AVX2-VNNI"),
    "avx512": ("avx512_core", "AVX-512"),
    "avx512_vnni": ("avx512_core_vnni", "AVX-512 VNNI"),
    "avx512_bf16": ("avx512_core_bf16", "AVX-512 BF16"),
    "amx": ("avx512_core_amx", "AMX"),
}
BY_ONEDNN = [onednn for onednn, _ in ALL.values()]
TITLES = dict(ALL.values())
VARIABLES = ("DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY")


def title(onednn):
    return TITLES.get(onednn, onednn)


def rank(onednn):
    """Higher for the more capable; those that are not known first."""
    return BY_ONEDNN.index(onednn) if onednn in TITLES else -1


def environment(name):
    """Holds oneDNN and PyTorch back to this instruction set; a processor that has less stays as it is."""
    if name is None:
        return {}
    held = {"DNNL_MAX_CPU_ISA": ALL[name][0].upper()}
    # PyTorch's own kernels; with AVX-512 they are left to its choice, because the variable would also force them up.
    if not name.startswith("avx512") and name != "amx":
        held["ATEN_CPU_CAPABILITY"] = "avx2" if name.startswith("avx2") else "default"
    return held
