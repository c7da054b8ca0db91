#include "descriptions.hpp"
#include "sma/core/json_writer.hpp"

#include <span>

namespace sma::api::inference_protocol {
namespace {

void append_shape(object_writer& o, std::string_view name, std::span<std::int64_t const> shape) {
    array_writer array(o, name);
    for (auto const d : shape) array.number(d);
}

void append_tensors(object_writer& o, std::string_view name, std::vector<tensor_description> const& tensors) {
    array_writer all(o, name);
    for (auto const& tensor : tensors) {
        object_writer one(all);
        one.text("name", tensor.name);
        one.text("datatype", tensor.datatype);
        append_shape(one, "shape", tensor.shape);
    }
}

/// Only one of the two inputs is sent: load generators leave out an optional one for which they have no data.
void append_config_tensors(object_writer& o, std::string_view name, std::vector<tensor_description> const& tensors,
                           bool optional) {
    array_writer all(o, name);
    for (auto const& tensor : tensors) {
        object_writer one(all);
        one.text("name", tensor.name);
        one.text("data_type", tensor.datatype == "BYTES" ? "TYPE_STRING" : "TYPE_FP32");
        append_shape(one, "dims", std::span(tensor.shape).subspan(1));
        if (optional) one.flag("optional", true);
    }
}

void append_count(object_writer& o, std::string_view name, serving::timed_count const& c) {
    object_writer timed(o, name);
    timed.number("count", c.count);
    timed.number("ns", c.time.count());
}

void append_requests(object_writer& o, serving::statistics_snapshot const& done) {
    object_writer requests(o, "inference_stats");
    append_count(requests, "success", done.success);
    append_count(requests, "fail", done.fail);
    append_count(requests, "queue", done.queue);
    append_count(requests, "compute_input", done.input);
    append_count(requests, "compute_infer", done.infer);
    append_count(requests, "compute_output", done.output);
    append_count(requests, "cache_hit", {});  // requests of this protocol go past the prediction cache
    append_count(requests, "cache_miss", {});
}

/// Images are prepared and carried one by one; a batch has only its time in the engine.
void append_batches(object_writer& o, serving::statistics_snapshot const& done) {
    array_writer batches(o, "batch_stats");
    for (std::size_t i = 0; i < done.batches.size(); ++i) {
        auto const& batch = done.batches[i];
        if (batch.count == 0) continue;
        object_writer one(batches);
        one.number("batch_size", i + 1);
        append_count(one, "compute_input", {batch.count, {}});
        append_count(one, "compute_infer", batch);
        append_count(one, "compute_output", {batch.count, {}});
    }
}

void append_statistics(array_writer& list, model_statistics const& model) {
    using std::chrono::milliseconds;
    auto const& done = model.done;
    object_writer o(list);
    o.text("name", model.name);
    o.text("version", model_version);
    o.number("last_inference", std::chrono::duration_cast<milliseconds>(done.last_at.time_since_epoch()).count());
    o.number("inference_count", done.images);
    o.number("execution_count", model.executions());
    append_requests(o, done);
    append_batches(o, done);
}

}  // namespace

server_description describe_this_server(std::string_view version) {
    return {"simple-model-api",
            std::string(version),
            {"binary_tensor_data", "classification", "model_configuration", "statistics"}};
}

model_description describe(model_facts const& model) {
    model_description all;
    all.name = model.name;
    all.platform = model.platform;
    all.max_batch_size = model.max_batch_size;
    all.max_queue_delay_us = model.max_queue_delay_us;
    all.inputs = {{"image", "BYTES", {-1}}, {"input", "FP32", {-1, 3, model.height, model.width}}};
    all.outputs = {{"logits", "FP32", {-1, model.classes}}, {"probabilities", "FP32", {-1, model.classes}}};
    if (auto const& features = model.features) {
        all.outputs.push_back({"embedding", "FP32", {-1, features->channels}});
        all.outputs.push_back({"activation_map", "FP32", {-1, -1, features->height, features->width}});
    }
    return all;
}

std::string server_metadata(std::string_view version) {
    auto const server = describe_this_server(version);
    std::string json;
    {
        object_writer o(json);
        o.text("name", server.name);
        o.text("version", server.version);
        array_writer extensions(o, "extensions");
        for (auto const& extension : server.extensions) extensions.text(extension);
    }
    return json;
}

std::string model_metadata(model_facts const& facts) {
    auto const model = describe(facts);
    std::string json;
    {
        object_writer o(json);
        o.text("name", model.name);
        {
            array_writer versions(o, "versions");
            versions.text(model_version);
        }
        o.text("platform", model.platform);
        append_tensors(o, "inputs", model.inputs);
        append_tensors(o, "outputs", model.outputs);
    }
    return json;
}

std::string model_config(model_facts const& facts) {
    auto const model = describe(facts);
    std::string json;
    {
        object_writer o(json);
        o.text("name", model.name);
        o.text("platform", model.platform);
        o.text("backend", model.platform);
        o.number("max_batch_size", model.max_batch_size);
        append_config_tensors(o, "input", model.inputs, true);
        append_config_tensors(o, "output", model.outputs, false);
        object_writer batching(o, "dynamic_batching");
        batching.number("max_queue_delay_microseconds", model.max_queue_delay_us);
    }
    return json;
}

std::string model_statistics_json(std::vector<model_statistics> const& models) {
    std::string json;
    {
        object_writer whole(json);
        array_writer list(whole, "model_stats");
        for (auto const& model : models) append_statistics(list, model);
    }
    return json;
}

}  // namespace sma::api::inference_protocol
