#include "sma/app/commands.hpp"
#include "sma/app/openmp_waiting.hpp"

__attribute__((section(".preinit_array"), used)) static auto* const before_libraries = &sma::app::choose_openmp_waiting;

int main(int argc, char** argv) { return sma::app::run(argc, argv); }
