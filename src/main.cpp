#include "sma/app/commands.hpp"
#include "sma/app/cpu_check.hpp"
#include "sma/app/library_variables.hpp"

namespace {

void before_libraries(int count, char** arguments, char** environment) {
    sma::app::require_cpu(count, arguments, environment);
    sma::app::choose_library_variables(count, arguments, environment);
}

}  // namespace

// One pointer: an array would be aligned to more than its neighbors in the section, and the gap would be called.
__attribute__((section(".preinit_array"), used)) static auto* const preinit = &before_libraries;

int main(int argc, char** argv) { return sma::app::run(argc, argv); }
