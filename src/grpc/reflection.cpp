#include "reflection.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/support/status.h>

#include <set>
#include <string>

namespace sma::grpc {
namespace {

namespace v1 = ::grpc::reflection::v1alpha;
namespace protobuf = google::protobuf;

constexpr char const* services[] = {"inference.GRPCInferenceService", "grpc.health.v1.Health",
                                    "grpc.reflection.v1alpha.ServerReflection"};

protobuf::DescriptorPool const& pool() { return *protobuf::DescriptorPool::generated_pool(); }

void set_error(v1::ServerReflectionResponse& to, ::grpc::StatusCode code, char const* what) {
    to.mutable_error_response()->set_error_code(code);
    to.mutable_error_response()->set_error_message(what);
}

/// The file, before it all that it imports.
void add_file(v1::FileDescriptorResponse& to, protobuf::FileDescriptor const& file, std::set<std::string>& added) {
    if (!added.insert(file.name()).second) return;
    for (int i = 0; i < file.dependency_count(); ++i) add_file(to, *file.dependency(i), added);
    protobuf::FileDescriptorProto description;
    file.CopyTo(&description);
    to.add_file_descriptor_proto(description.SerializeAsString());
}

void set_file(v1::ServerReflectionResponse& to, protobuf::FileDescriptor const* file) {
    if (file == nullptr) return set_error(to, ::grpc::StatusCode::NOT_FOUND, "not found");
    std::set<std::string> added;
    add_file(*to.mutable_file_descriptor_response(), *file, added);
}

}  // namespace

v1::ServerReflectionResponse reflect(v1::ServerReflectionRequest const& request) {
    v1::ServerReflectionResponse response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
        case v1::ServerReflectionRequest::kListServices:
            for (auto const* name : services) response.mutable_list_services_response()->add_service()->set_name(name);
            break;
        case v1::ServerReflectionRequest::kFileByFilename:
            set_file(response, pool().FindFileByName(request.file_by_filename()));
            break;
        case v1::ServerReflectionRequest::kFileContainingSymbol:
            set_file(response, pool().FindFileContainingSymbol(request.file_containing_symbol()));
            break;
        case v1::ServerReflectionRequest::kFileContainingExtension:
        case v1::ServerReflectionRequest::kAllExtensionNumbersOfType:
            set_error(response, ::grpc::StatusCode::NOT_FOUND, "no message has extensions");
            break;
        case v1::ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
            set_error(response, ::grpc::StatusCode::INVALID_ARGUMENT, "the request has no question");
            break;
    }
    return response;
}

}  // namespace sma::grpc
