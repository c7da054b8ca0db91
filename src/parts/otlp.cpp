// Part "otlp" of the program.
#include "sma/otlp/otlp_exporter.hpp"
#include "sma/version.hpp"

#include <opentelemetry/version.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() { return {{"opentelemetry-cpp", OPENTELEMETRY_VERSION}}; }

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    static sma::otlp::otlp_part const table{{sma::version::build, libraries}, sma::otlp::create_otlp_exporter};
    return &table;
}
