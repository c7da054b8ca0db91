// Part "profiler" of the program.
#include "sma/api/profiler_part.hpp"
#include "sma/version.hpp"

#include <gperftools/profiler.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() { return {}; }

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    static sma::api::profiler_part const table{{sma::version::build, libraries}, ProfilerStart, ProfilerStop};
    return &table;
}
