#include "sma/app/commands.hpp"
#include "sma/app/openmp_spin.hpp"

__attribute__((section(".preinit_array"), used)) static auto* const before_libraries = &sma::app::choose_openmp_spin;

int main(int argc, char** argv) { return sma::app::run(argc, argv); }
