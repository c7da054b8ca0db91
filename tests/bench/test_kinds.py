import unittest

from bench.suite import instruction_sets, kinds


def results(processor, used, **machine):
    return {"machine": {"processor": processor, **machine}, "engine": {"instruction_set": used}}


class Family(unittest.TestCase):
    def test_of_what_cpuid_says(self):
        for cpu, name in ((("AuthenticAMD", 25, 1, 1), "Zen 3"), (("AuthenticAMD", 25, 17, 1), "Zen 4"),
                          (("AuthenticAMD", 25, 0x21, 0), "Zen 3"), (("AuthenticAMD", 23, 49, 0), "Zen 2"),
                          (("GenuineIntel", 6, 85, 4), "Skylake"), (("GenuineIntel", 6, 85, 7), "Cascade Lake"),
                          (("GenuineIntel", 6, 143, 8), "Sapphire Rapids"), (("GenuineIntel", 6, 1, 0), "family 6 model 1"),
                          (("HygonGenuine", 24, 1, 0), "family 24 model 1"), ((None, 0, 0, 0), "family 0 model 0")):
            self.assertEqual(kinds.family(*cpu), name)


class Kind(unittest.TestCase):
    def test_a_processor_that_was_held_back_is_another_kind(self):
        whole = results("AMD EPYC 9R14 96-Core Processor", "avx512_core_bf16", family="Zen 4",
                        own_instruction_set="avx512_core_bf16")
        held = results("AMD EPYC 9R14 96-Core Processor", "avx2", family="Zen 4", own_instruction_set="avx512_core_bf16")
        self.assertEqual(kinds.title(whole), "AMD EPYC Zen 4, AVX-512 BF16")
        self.assertEqual(kinds.title(held), "AMD EPYC Zen 4 as AVX2")
        self.assertEqual(kinds.slug(held), "amd-epyc-zen-4-as-avx2")

    def test_results_without_a_family_have_a_kind(self):
        self.assertEqual(kinds.slug(results("Intel(R) Xeon(R) Processor", "avx512_core_amx")), "intel-xeon-amx")

    def test_marks_do_not_count(self):
        self.assertEqual(kinds.title(results("Intel(R) Core(TM) i5-1240P CPU @ 2 GHz", "avx2_vnni", family="Alder Lake")),
                         "Intel Core Alder Lake, AVX2-VNNI")


class HoldingBack(unittest.TestCase):
    def test_nothing_is_set_without_a_wish(self):
        self.assertEqual(instruction_sets.environment(None), {})

    def test_pytorch_is_held_back_too_but_never_raised(self):
        self.assertEqual(instruction_sets.environment("avx2"), {"DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"})
        self.assertEqual(instruction_sets.environment("sse41"),
                         {"DNNL_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"})
        self.assertEqual(instruction_sets.environment("avx512_vnni"), {"DNNL_MAX_CPU_ISA": "AVX512_CORE_VNNI"})

    def test_every_variable_is_one_that_the_suite_clears(self):
        for name in instruction_sets.ALL:
            self.assertLessEqual(set(instruction_sets.environment(name)), set(instruction_sets.VARIABLES))

    def test_what_is_not_known_keeps_its_name(self):
        self.assertEqual(instruction_sets.title("avx10"), "avx10")
        self.assertLess(instruction_sets.rank("avx10"), instruction_sets.rank("sse41"))
