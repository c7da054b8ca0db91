// Options of each component, derived from the settings.
#pragma once

#include "sma/api/inference_protocol/procedures.hpp"
#include "sma/api/predict.hpp"
#include "sma/core/settings.hpp"
#include "sma/engine/onednn_engine.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/grpc/grpc_part.hpp"
#include "sma/http/server.hpp"
#include "sma/image/decode_options.hpp"
#include "sma/libtorch/torch_engine.hpp"
#include "sma/onnx/onnx_engine.hpp"
#include "sma/serving/caching_classifier.hpp"
#include "sma/serving/decode_pool.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/model_manager.hpp"
#include "sma/serving/sample_keeper.hpp"
#include "sma/serving/shadow_comparison.hpp"

namespace sma::app {

http::limits http_limits(settings const& s);
image::decode_options decode_options(settings const& s);
serving::decode_pool_options decode_pool_options(settings const& s, std::shared_ptr<cpu_arbiter> arbiter);
serving::dispatcher_options dispatcher_options(settings const& s, std::shared_ptr<cpu_arbiter> arbiter,
                                               std::shared_ptr<serving::engine_turns> turns);
api::upload_limits upload_limits(settings const& s);
api::inference_protocol::procedure_options procedure_options(settings const& s);
grpc::server_options grpc_options(settings const& s);
serving::sample_options sample_options(settings const& s);
/// Reads the trusted certificates. Throws std::runtime_error if they cannot be used.
fetch::fetch_options fetch_options(settings const& s);
/// Without the models and the service's load, which the composition knows. `s` is the model's own.
serving::shadow_options shadow_options(settings const& s);
/// Of one of `models`, which share `cache_size_mb`.
serving::cache_options cache_options(settings const& s, serving::model_manager const& manager, std::size_t models);
/// `crop` is the side of the network's input.
engine::onednn_options onednn_options(settings const& s, int crop);
libtorch::torch_options torch_options(settings const& s, int crop);
onnx::onnx_options onnx_options(settings const& s, int crop);

/// The arbiter that decode pool and dispatcher share if decoding and passes take turns, else null (setting
/// `core_sharing`).
std::shared_ptr<cpu_arbiter> make_cpu_arbiter(settings const& s);

/// Threads of a forward pass, and those that decode.
struct thread_counts {
    int inference;
    int decode;
};

/// `inference_threads` and `decode_threads` or, where they are 0, what suits so many CPUs.
thread_counts choose_threads(settings const& s, int cpus);

/// The second of them, for the CPUs that this process may use.
int decode_threads(settings const& s);

}  // namespace sma::app
