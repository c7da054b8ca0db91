#include "descriptions.hpp"
#include "sma/core/json_writer.hpp"

#include <initializer_list>

namespace sma::api::inference_protocol {
namespace {

using dimensions = std::initializer_list<std::int64_t>;

void append_shape(object_writer& o, std::string_view name, dimensions shape) {
    array_writer array(o, name);
    for (auto const d : shape) array.number(d);
}

void append_tensor(array_writer& tensors, std::string_view name, std::string_view datatype, dimensions shape) {
    object_writer o(tensors);
    o.text("name", name);
    o.text("datatype", datatype);
    append_shape(o, "shape", shape);
}

/// Only one of the two inputs is sent: load generators leave out an optional one for which they have no data.
void append_config_tensor(array_writer& tensors, std::string_view name, std::string_view type, dimensions dims,
                          bool optional) {
    object_writer o(tensors);
    o.text("name", name);
    o.text("data_type", type);
    append_shape(o, "dims", dims);
    if (optional) o.flag("optional", true);
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

void append_statistics(array_writer& list, model_record const& model) {
    using std::chrono::milliseconds;
    auto const& done = model.done;
    std::uint64_t executions = 0;
    for (auto const& batch : done.batches) executions += batch.count;
    object_writer o(list);
    o.text("name", model.name);
    o.text("version", model_version);
    o.number("last_inference", std::chrono::duration_cast<milliseconds>(done.last_at.time_since_epoch()).count());
    o.number("inference_count", done.images);
    o.number("execution_count", executions);
    append_requests(o, done);
    append_batches(o, done);
}

}  // namespace

std::string server_metadata(std::string_view version) {
    std::string json;
    {
        object_writer o(json);
        o.text("name", "simple-model-api");
        o.text("version", version);
        array_writer extensions(o, "extensions");
        for (auto const* extension : {"binary_tensor_data", "classification", "model_configuration", "statistics"})
            extensions.text(extension);
    }
    return json;
}

std::string model_metadata(model_facts const& model) {
    std::string json;
    {
        object_writer o(json);
        o.text("name", model.name);
        {
            array_writer versions(o, "versions");
            versions.text(model_version);
        }
        o.text("platform", model.platform);
        {
            array_writer inputs(o, "inputs");
            append_tensor(inputs, "image", "BYTES", {-1});
            append_tensor(inputs, "input", "FP32", {-1, 3, model.height, model.width});
        }
        array_writer outputs(o, "outputs");
        append_tensor(outputs, "logits", "FP32", {-1, model.classes});
        append_tensor(outputs, "probabilities", "FP32", {-1, model.classes});
        if (auto const& features = model.features) {
            append_tensor(outputs, "embedding", "FP32", {-1, features->channels});
            append_tensor(outputs, "activation_map", "FP32", {-1, -1, features->height, features->width});
        }
    }
    return json;
}

std::string model_config(model_facts const& model) {
    std::string json;
    {
        object_writer o(json);
        o.text("name", model.name);
        o.text("platform", model.platform);
        o.text("backend", model.platform);
        o.number("max_batch_size", model.max_batch_size);
        {
            array_writer input(o, "input");
            append_config_tensor(input, "image", "TYPE_STRING", {}, true);
            append_config_tensor(input, "input", "TYPE_FP32", {3, model.height, model.width}, true);
        }
        {
            array_writer output(o, "output");
            append_config_tensor(output, "logits", "TYPE_FP32", {model.classes}, false);
            append_config_tensor(output, "probabilities", "TYPE_FP32", {model.classes}, false);
            if (auto const& features = model.features) {
                append_config_tensor(output, "embedding", "TYPE_FP32", {features->channels}, false);
                append_config_tensor(output, "activation_map", "TYPE_FP32", {-1, features->height, features->width},
                                     false);
            }
        }
        object_writer batching(o, "dynamic_batching");
        batching.number("max_queue_delay_microseconds", model.max_queue_delay_us);
    }
    return json;
}

std::string model_statistics(std::vector<model_record> const& models) {
    std::string json;
    {
        object_writer whole(json);
        array_writer list(whole, "model_stats");
        for (auto const& model : models) append_statistics(list, model);
    }
    return json;
}

}  // namespace sma::api::inference_protocol
