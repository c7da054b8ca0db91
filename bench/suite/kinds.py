"""Kinds of machine: the family of the processor with the instruction set that was used. Each has results of its own."""
import re

from . import instruction_sets

# Vendor and family of cpuid -> first model, first stepping and name; the last that does not exceed the processor's counts.
FAMILIES = {
    ("AuthenticAMD", 23): ((0x00, 0, "Zen"), (0x30, 0, "Zen 2")),
    ("AuthenticAMD", 25): ((0x00, 0, "Zen 3"), (0x10, 0, "Zen 4"), (0x20, 0, "Zen 3"), (0x60, 0, "Zen 4")),
    ("AuthenticAMD", 26): ((0x00, 0, "Zen 5"),),
}
INTEL = {45: "Sandy Bridge", 62: "Ivy Bridge", 63: "Haswell", 79: "Broadwell", 106: "Ice Lake", 108: "Ice Lake",
         143: "Sapphire Rapids", 207: "Emerald Rapids", 173: "Granite Rapids", 174: "Granite Rapids",
         151: "Alder Lake", 154: "Alder Lake", 183: "Raptor Lake"}
SKYLAKE = ((85, 0, "Skylake"), (85, 5, "Cascade Lake"), (85, 10, "Cooper Lake"))


def family(vendor, number, model, stepping):
    """The name of the processor's family, e.g. "Zen 4"."""
    if (vendor, number, model) == ("GenuineIntel", 6, 85):
        known = SKYLAKE
    elif (vendor, number) == ("GenuineIntel", 6):
        known = ((model, 0, INTEL.get(model)),)
    else:
        known = FAMILIES.get((vendor, number), ())
    names = [name for first_model, first_stepping, name in known if (first_model, first_stepping) <= (model, stepping)]
    return names[-1] if names and names[-1] else f"family {number} model {model}"


def brand(processor):
    """The first two words without marks: "Intel Xeon", "AMD EPYC"."""
    return " ".join(re.sub(r"\((R|TM)\)|Processor|CPU", "", processor).split()[:2])


def instruction_set(results):
    return results["engine"]["instruction_set"]


def held_back(results):
    """Whether the processor could do more than it was allowed to."""
    return instruction_set(results) != results["machine"].get("own_instruction_set", instruction_set(results))


def title(results):
    name = " ".join([brand(results["machine"]["processor"])] + [results["machine"].get("family", "")]).strip()
    return f"{name}{' as' if held_back(results) else ','} {instruction_sets.title(instruction_set(results))}"


def slug(results):
    """The title as a file's name."""
    return re.sub("[^a-z0-9]+", "-", title(results).lower()).strip("-")


def order(results):
    """Sorts kinds: whole processors first, the most capable first."""
    return held_back(results), -instruction_sets.rank(instruction_set(results)), title(results)
