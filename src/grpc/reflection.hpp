// Server reflection: descriptions of the services, for clients that have none.
#pragma once

#include "reflection.pb.h"

namespace sma::grpc {

/// Any thread.
::grpc::reflection::v1alpha::ServerReflectionResponse reflect(
    ::grpc::reflection::v1alpha::ServerReflectionRequest const& request);

}  // namespace sma::grpc
