// Interface between the procedures of the Open Inference Protocol and a transport for remote procedure calls, such as
// the part "grpc".
//
// The transport implements rpc_call, turns its messages into the values below and back, and hands each call to
// rpc_service. It knows nothing of models; procedures knows nothing of messages.
#pragma once

#include "sma/api/inference_protocol/model_description.hpp"
#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sma::api::inference_protocol {

enum class procedure {
    server_live,
    server_ready,
    model_ready,
    server_metadata,
    model_metadata,
    model_config,
    model_statistics,
    model_infer,
    model_stream_infer,
    repository_index,
    health_check,
    health_watch,
    reflection,
};

struct procedure_path {
    procedure which;
    std::string_view path;
};

/// The paths of gRPC, which are labels of metrics and log lines, too.
inline constexpr std::array<procedure_path, 13> procedure_paths{{
    {procedure::server_live, "/inference.GRPCInferenceService/ServerLive"},
    {procedure::server_ready, "/inference.GRPCInferenceService/ServerReady"},
    {procedure::model_ready, "/inference.GRPCInferenceService/ModelReady"},
    {procedure::server_metadata, "/inference.GRPCInferenceService/ServerMetadata"},
    {procedure::model_metadata, "/inference.GRPCInferenceService/ModelMetadata"},
    {procedure::model_config, "/inference.GRPCInferenceService/ModelConfig"},
    {procedure::model_statistics, "/inference.GRPCInferenceService/ModelStatistics"},
    {procedure::model_infer, "/inference.GRPCInferenceService/ModelInfer"},
    {procedure::model_stream_infer, "/inference.GRPCInferenceService/ModelStreamInfer"},
    {procedure::repository_index, "/inference.GRPCInferenceService/RepositoryIndex"},
    {procedure::health_check, "/grpc.health.v1.Health/Check"},
    {procedure::health_watch, "/grpc.health.v1.Health/Watch"},
    {procedure::reflection, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"},
}};

// What a client sends. Texts are views into rpc_message::owner.

struct rpc_parameter {
    std::string_view name;
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view> value;
};
using rpc_parameters = std::vector<rpc_parameter>;

struct rpc_input {
    std::string_view name;
    std::string_view datatype;
    std::vector<std::int64_t> shape;
    rpc_parameters parameters;
    std::optional<std::string_view> bytes;          ///< of the tensor: raw, or FP32 as this machine has it in memory
    std::optional<std::vector<std::string>> files;  ///< elements of BYTES
    std::string_view bytes_field;                   ///< where `bytes` stood, for errors
};

struct rpc_output {
    std::string_view name;
    rpc_parameters parameters;
};

struct rpc_infer_request {
    std::string_view model;
    std::string_view version;
    std::string_view id;
    rpc_parameters parameters;
    std::vector<rpc_input> inputs;
    std::vector<rpc_output> outputs;
};

struct rpc_model_request {
    std::string_view name;
    std::string_view version;
};

struct rpc_index_request {
    bool ready_only = false;
};

struct rpc_health_request {
    std::string_view service;
};

/// monostate: nothing that the procedure needs to know.
using rpc_request =
    std::variant<std::monostate, rpc_model_request, rpc_index_request, rpc_health_request, rpc_infer_request>;

struct rpc_message {
    std::size_t bytes = 0;                       ///< on the wire, without framing
    result<rpc_request> request{rpc_request()};  ///< errors: malformed_request, validation_error
    std::shared_ptr<void const> owner;           ///< of what the request refers to
};

// What it is answered.

/// One output: numbers, or the classes' texts.
struct output_tensor {
    std::string_view name;  ///< a literal
    std::vector<std::size_t> shape;
    std::vector<float> numbers;      ///< FP32
    std::vector<std::string> texts;  ///< BYTES, if not empty

    std::string_view datatype() const noexcept { return texts.empty() ? "FP32" : "BYTES"; }
};

/// The bytes of a tensor, little-endian as this machine is; elements of BYTES behind their length in 4 bytes.
inline std::string bytes_of(output_tensor const& tensor) {
    std::string bytes;
    auto const append = [&bytes](void const* begin, std::size_t size) {
        bytes.append(static_cast<char const*>(begin), size);
    };
    bytes.reserve(tensor.numbers.size() * sizeof(float));
    append(tensor.numbers.data(), tensor.numbers.size() * sizeof(float));
    for (auto const& text : tensor.texts) {
        auto const length = static_cast<std::uint32_t>(text.size());
        append(&length, sizeof length);
        bytes += text;
    }
    return bytes;
}

struct rpc_infer_answer {
    std::string model;
    std::string id;
    std::vector<output_tensor> outputs;
};

/// In a stream: the error of one request, which does not end the stream.
struct rpc_stream_error {
    std::string id;
    error failure;
};

/// ServerLive, ServerReady, ModelReady; health: serving or not, or a service that is not known.
struct rpc_verdict {
    bool holds = false;
    bool known = true;

    bool operator==(rpc_verdict const&) const = default;
};

/// The transport's own answer to the message that was read last: reflection.
struct rpc_own_answer {};

using rpc_answer =
    std::variant<rpc_own_answer, rpc_verdict, server_description, model_description, std::vector<model_statistics>,
                 std::vector<repository_entry>, rpc_infer_answer, rpc_stream_error>;

using rpc_metadata = std::vector<std::pair<std::string, std::string>>;

/// How a call ends.
struct rpc_status {
    std::optional<error> failure;  ///< none: success
    rpc_metadata trailing;
};

/// Receives the end of an operation, once, on a thread of the transport.
class rpc_completion {
public:
    virtual ~rpc_completion() = default;
    virtual void complete(bool succeeded) = 0;
};

/// One call. Implemented by the transport; its functions are called on the I/O thread and return at once. At most one
/// read and one write are under way at a time; finish() is the last of all, and is always called.
class rpc_call {
public:
    virtual ~rpc_call() = default;

    virtual std::string_view path() const = 0;
    virtual std::optional<procedure> which() const = 0;  ///< none: unknown
    /// The peer's address without the port, or "unix".
    virtual std::string peer() const = 0;
    /// In the order sent, names in lower case.
    virtual rpc_metadata metadata() const = 0;
    /// That the client asked for (grpc-timeout).
    virtual std::optional<steady_time> deadline() const = 0;

    /// Completes with true when the client has given up the call or its connection is lost, with false when the call
    /// has ended otherwise. To be called first.
    virtual void watch(std::unique_ptr<rpc_completion> cancelled) = 0;
    /// Before the first write() and finish().
    virtual void add_initial_metadata(std::string name, std::string value) = 0;
    /// Completes with false behind the last message, and when the call has been cancelled.
    virtual void read(std::unique_ptr<rpc_completion> done) = 0;
    /// What was read.
    virtual rpc_message take_message() = 0;
    virtual void write(rpc_answer const& answer, std::unique_ptr<rpc_completion> done) = 0;
    /// `answer`, if there is one, precedes the status.
    virtual void finish(rpc_status const& status, rpc_answer const* answer, std::unique_ptr<rpc_completion> done) = 0;
    /// Ends the call at once; what is under way completes with false.
    virtual void cancel() = 0;
    /// Bytes of all answers written so far.
    virtual std::size_t bytes_written() const = 0;
};

/// Receives calls. Implemented by `procedures`.
class rpc_service {
public:
    virtual ~rpc_service() = default;
    /// Any thread; returns at once.
    virtual void accept(std::shared_ptr<rpc_call> call) = 0;
};

}  // namespace sma::api::inference_protocol
