#include "sma/app/commands.hpp"
#include "sma/app/cpu_check.hpp"
#include "sma/app/openmp_spin.hpp"

// In this order, before the constructors of libraries.
using preinit_function = void (*)(int, char**, char**);
__attribute__((section(".preinit_array"), used)) static preinit_function const before_libraries[] = {
    &sma::app::require_cpu, &sma::app::choose_openmp_spin};

int main(int argc, char** argv) { return sma::app::run(argc, argv); }
