#include "codec.hpp"

#include "health.pb.h"
#include "infer_codec.hpp"
#include "inference.pb.h"
#include "messages.hpp"
#include "reflection.hpp"

#include <chrono>
#include <stdexcept>
#include <string>

namespace sma::grpc {
namespace {

error malformed() { return error(errc::malformed_request, "the message is not one of this procedure"); }

rpc::rpc_message failed(error e) {
    rpc::rpc_message message;
    message.request = std::move(e);
    return message;
}

/// Any request about a model, whose name and version stand in two fields.
template <class Message>
rpc::rpc_message decode_model(::grpc::ByteBuffer& bytes) {
    auto const parsed = std::make_shared<Message>();
    if (!parse(bytes, *parsed)) return failed(malformed());
    rpc::rpc_message message;
    message.request = rpc::rpc_request(rpc::rpc_model_request{parsed->name(), parsed->version()});
    message.owner = parsed;
    return message;
}

rpc::rpc_message decode_index(::grpc::ByteBuffer& bytes) {
    inference::RepositoryIndexRequest parsed;
    if (!parse(bytes, parsed)) return failed(malformed());
    rpc::rpc_message message;
    message.request = rpc::rpc_request(rpc::rpc_index_request{parsed.ready()});
    return message;
}

rpc::rpc_message decode_health(::grpc::ByteBuffer& bytes) {
    auto const parsed = std::make_shared<::grpc::health::v1::HealthCheckRequest>();
    if (!parse(bytes, *parsed)) return failed(malformed());
    rpc::rpc_message message;
    message.request = rpc::rpc_request(rpc::rpc_health_request{parsed->service()});
    message.owner = parsed;
    return message;
}

rpc::rpc_message decode_infer(::grpc::ByteBuffer& bytes) {
    auto const parsed = std::make_shared<inference::ModelInferRequest>();
    if (!parse(bytes, *parsed)) return failed(malformed());
    rpc::rpc_message message;
    auto request = read_request(*parsed);
    if (!request) return failed(request.error());
    message.request = rpc::rpc_request(std::move(*request));
    message.owner = parsed;
    return message;
}

rpc::rpc_message decode_reflection(::grpc::ByteBuffer& bytes, ::grpc::ByteBuffer& own_answer) {
    ::grpc::reflection::v1alpha::ServerReflectionRequest parsed;
    if (!parse(bytes, parsed)) return failed(malformed());
    own_answer = bytes_of(reflect(parsed));
    return {};
}

template <class Message>
rpc::rpc_message decode_empty(::grpc::ByteBuffer& bytes) {
    Message parsed;
    return parse(bytes, parsed) ? rpc::rpc_message() : failed(malformed());
}

rpc::rpc_message decode_any(rpc::procedure which, ::grpc::ByteBuffer& bytes, ::grpc::ByteBuffer& own_answer) {
    using rpc::procedure;
    switch (which) {
        case procedure::server_live:
            return decode_empty<inference::ServerLiveRequest>(bytes);
        case procedure::server_ready:
            return decode_empty<inference::ServerReadyRequest>(bytes);
        case procedure::server_metadata:
            return decode_empty<inference::ServerMetadataRequest>(bytes);
        case procedure::model_ready:
            return decode_model<inference::ModelReadyRequest>(bytes);
        case procedure::model_metadata:
            return decode_model<inference::ModelMetadataRequest>(bytes);
        case procedure::model_config:
            return decode_model<inference::ModelConfigRequest>(bytes);
        case procedure::model_statistics:
            return decode_model<inference::ModelStatisticsRequest>(bytes);
        case procedure::model_infer:
        case procedure::model_stream_infer:
            return decode_infer(bytes);
        case procedure::repository_index:
            return decode_index(bytes);
        case procedure::health_check:
        case procedure::health_watch:
            return decode_health(bytes);
        case procedure::reflection:
            break;
    }
    return decode_reflection(bytes, own_answer);
}

::grpc::ByteBuffer encode_verdict(rpc::procedure which, rpc::rpc_verdict const& verdict) {
    using health = ::grpc::health::v1::HealthCheckResponse;
    if (which == rpc::procedure::server_live) {
        inference::ServerLiveResponse live;
        live.set_live(verdict.holds);
        return bytes_of(live);
    }
    if (which == rpc::procedure::server_ready) {
        inference::ServerReadyResponse ready;
        ready.set_ready(verdict.holds);
        return bytes_of(ready);
    }
    if (which == rpc::procedure::model_ready) {
        inference::ModelReadyResponse ready;
        ready.set_ready(verdict.holds);
        return bytes_of(ready);
    }
    health now;
    auto const serving = verdict.holds ? health::SERVING : health::NOT_SERVING;
    now.set_status(verdict.known ? serving : health::SERVICE_UNKNOWN);
    return bytes_of(now);
}

::grpc::ByteBuffer encode_server(rpc::server_description const& server) {
    inference::ServerMetadataResponse message;
    message.set_name(server.name);
    message.set_version(server.version);
    for (auto const& extension : server.extensions) message.add_extensions(extension);
    return bytes_of(message);
}

void fill(inference::ModelMetadataResponse::TensorMetadata& to, rpc::tensor_description const& tensor) {
    to.set_name(tensor.name);
    to.set_datatype(tensor.datatype);
    to.mutable_shape()->Add(tensor.shape.begin(), tensor.shape.end());
}

::grpc::ByteBuffer encode_metadata(rpc::model_description const& model) {
    inference::ModelMetadataResponse message;
    message.set_name(model.name);
    message.add_versions(std::string(rpc::model_version));
    message.set_platform(model.platform);
    for (auto const& tensor : model.inputs) fill(*message.add_inputs(), tensor);
    for (auto const& tensor : model.outputs) fill(*message.add_outputs(), tensor);
    return bytes_of(message);
}

/// An input or an output of Triton's configuration, whose dims have no batch.
template <class Tensor>
Tensor& fill_config(Tensor& to, rpc::tensor_description const& tensor) {
    to.set_name(tensor.name);
    to.set_data_type(tensor.datatype == "BYTES" ? inference::TYPE_STRING : inference::TYPE_FP32);
    to.mutable_dims()->Add(tensor.shape.begin() + 1, tensor.shape.end());
    return to;
}

::grpc::ByteBuffer encode_config(rpc::model_description const& model) {
    inference::ModelConfigResponse message;
    auto& config = *message.mutable_config();
    config.set_name(model.name);
    config.set_platform(model.platform);
    config.set_backend(model.platform);
    config.set_max_batch_size(static_cast<std::int32_t>(model.max_batch_size));
    for (auto const& tensor : model.inputs) fill_config(*config.add_input(), tensor).set_optional(true);
    for (auto const& tensor : model.outputs) fill_config(*config.add_output(), tensor);
    config.mutable_dynamic_batching()->set_max_queue_delay_microseconds(
        static_cast<std::uint64_t>(model.max_queue_delay_us));
    return bytes_of(message);
}

void fill(inference::StatisticDuration& to, serving::timed_count const& counted) {
    to.set_count(counted.count);
    to.set_ns(static_cast<std::uint64_t>(counted.time.count()));
}

void fill(inference::InferStatistics& to, serving::statistics_snapshot const& done) {
    fill(*to.mutable_success(), done.success);
    fill(*to.mutable_fail(), done.fail);
    fill(*to.mutable_queue(), done.queue);
    fill(*to.mutable_compute_input(), done.input);
    fill(*to.mutable_compute_infer(), done.infer);
    fill(*to.mutable_compute_output(), done.output);
    fill(*to.mutable_cache_hit(), {});  // requests of this protocol go past the prediction cache
    fill(*to.mutable_cache_miss(), {});
}

void fill(inference::ModelStatistics& to, rpc::model_statistics const& model) {
    using std::chrono::milliseconds;
    to.set_name(model.name);
    to.set_version(std::string(rpc::model_version));
    auto const last = std::chrono::duration_cast<milliseconds>(model.done.last_at.time_since_epoch());
    to.set_last_inference(static_cast<std::uint64_t>(last.count()));
    to.set_inference_count(model.done.images);
    to.set_execution_count(model.executions());
    fill(*to.mutable_inference_stats(), model.done);
    for (std::size_t i = 0; i < model.done.batches.size(); ++i) {
        auto const& batch = model.done.batches[i];
        if (batch.count == 0) continue;
        auto& one = *to.add_batch_stats();
        one.set_batch_size(i + 1);
        fill(*one.mutable_compute_input(), {batch.count, {}});
        fill(*one.mutable_compute_infer(), batch);
        fill(*one.mutable_compute_output(), {batch.count, {}});
    }
}

::grpc::ByteBuffer encode_statistics(std::vector<rpc::model_statistics> const& models) {
    inference::ModelStatisticsResponse message;
    for (auto const& model : models) fill(*message.add_model_stats(), model);
    return bytes_of(message);
}

::grpc::ByteBuffer encode_index(std::vector<rpc::repository_entry> const& models) {
    inference::RepositoryIndexResponse message;
    for (auto const& model : models) {
        auto& to = *message.add_models();
        to.set_name(model.name);
        to.set_version(std::string(rpc::model_version));
        to.set_state(model.state);
        to.set_reason(model.reason);
    }
    return bytes_of(message);
}

struct encoder {
    rpc::procedure which;

    ::grpc::ByteBuffer operator()(rpc::rpc_own_answer) const {
        throw std::logic_error("the transport has this answer");
    }
    ::grpc::ByteBuffer operator()(rpc::rpc_verdict const& verdict) const { return encode_verdict(which, verdict); }
    ::grpc::ByteBuffer operator()(rpc::server_description const& server) const { return encode_server(server); }
    ::grpc::ByteBuffer operator()(rpc::model_description const& model) const {
        return which == rpc::procedure::model_config ? encode_config(model) : encode_metadata(model);
    }
    ::grpc::ByteBuffer operator()(std::vector<rpc::model_statistics> const& all) const {
        return encode_statistics(all);
    }
    ::grpc::ByteBuffer operator()(std::vector<rpc::repository_entry> const& all) const { return encode_index(all); }
    ::grpc::ByteBuffer operator()(rpc::rpc_infer_answer const& answer) const {
        if (which != rpc::procedure::model_stream_infer) {
            inference::ModelInferResponse message;
            fill_response(message, answer);
            return bytes_of(message);
        }
        inference::ModelStreamInferResponse message;
        fill_response(*message.mutable_infer_response(), answer);
        return bytes_of(message);
    }
    ::grpc::ByteBuffer operator()(rpc::rpc_stream_error const& failed) const {
        inference::ModelStreamInferResponse message;
        fill_error(message, failed);
        return bytes_of(message);
    }
};

}  // namespace

rpc::rpc_message decode(rpc::procedure which, ::grpc::ByteBuffer& bytes, ::grpc::ByteBuffer& own_answer) {
    auto const size = bytes.Length();
    auto message = decode_any(which, bytes, own_answer);
    message.bytes = size;
    return message;
}

::grpc::ByteBuffer encode(rpc::procedure which, rpc::rpc_answer const& answer) {
    return std::visit(encoder{which}, answer);
}

}  // namespace sma::grpc
