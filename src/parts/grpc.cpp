// Part "grpc" of the program.
#include "sma/grpc/grpc_part.hpp"
#include "sma/version.hpp"

#include <grpcpp/grpcpp.h>

namespace {

std::vector<std::pair<std::string, std::string>> libraries() { return {{"grpc", ::grpc::Version()}}; }

}  // namespace

extern "C" __attribute__((visibility("default"))) sma::part const* simple_model_api_part() {
    static sma::grpc::grpc_part const table{{sma::version::build, libraries}, sma::grpc::start};
    return &table;
}
