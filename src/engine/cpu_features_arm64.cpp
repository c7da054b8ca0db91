#include "cpu_features.hpp"

#include <asm/hwcap.h>
#include <sys/auxv.h>

namespace sma::engine {

/// oneDNN is not asked: on arm64 it tells no instruction set.
cpu_capability detect_cpu() {
    unsigned long const features = getauxval(AT_HWCAP);
    cpu_capability cpu;
    cpu.instruction_set = (features & HWCAP_SVE) != 0 ? "sve" : "asimd";
    cpu.has_asimd = (features & HWCAP_ASIMD) != 0;
    return cpu;
}

}  // namespace sma::engine
