#include "component_options.hpp"

#include "choice.hpp"
#include "parts.hpp"
#include "sma/client/tls_client_options.hpp"
#include "sma/core/random_bits.hpp"
#include "sma/core/usable_resources.hpp"
#include "sma/engine/useful_threads.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace sma::app {
namespace {

// A batch of ordinary photographs is decoded in a third of this; it only keeps huge ones from holding up the rest.
constexpr std::chrono::milliseconds max_decode_delay{20};

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

engine::precision precision(settings const& s) {
    return choice<engine::precision>(s.precision, {{"auto", engine::precision::automatic},
                                                   {"fp32", engine::precision::fp32},
                                                   {"bf16", engine::precision::bf16},
                                                   {"int8", engine::precision::int8}});
}

}  // namespace

thread_counts choose_threads(settings const& s, int cpus) {
    // Fewer CPUs than these could not decode what a pass on the others takes.
    constexpr int enough_to_decode = 8;
    int const inference =
        s.inference_threads > 0 ? static_cast<int>(s.inference_threads) : engine::useful_threads(cpus);
    int const left = cpus - inference;
    int const decode = left >= enough_to_decode ? left : cpus;
    return {inference, s.decode_threads > 0 ? static_cast<int>(s.decode_threads) : decode};
}

int decode_threads(settings const& s) { return choose_threads(s, usable_cpus()).decode; }

std::shared_ptr<cpu_arbiter> make_cpu_arbiter(settings const& s) {
    int const cpus = usable_cpus();
    auto const threads = choose_threads(s, cpus);
    bool const crowded = threads.inference + threads.decode > cpus;
    bool const turns = s.core_sharing == "turns" || (s.core_sharing == "auto" && s.device == "cpu" && crowded);
    return turns ? std::make_shared<cpu_arbiter>() : nullptr;
}

http::limits http_limits(settings const& s) {
    http::limits l;
    l.max_connections = size(s.max_connections);
    l.max_header_bytes = size(s.max_header_bytes);
    l.max_body_bytes = size(s.max_body_bytes);
    l.max_part_bytes = size(s.max_image_bytes);
    l.max_parts = size(s.max_parts);
    l.max_inflight_body_bytes = size(s.max_inflight_body_bytes);
    l.max_inflate_ratio = size(s.max_inflate_ratio);
    l.min_body_bytes_per_s = size(s.min_body_bytes_per_s);
    l.header_timeout = std::chrono::milliseconds(s.header_timeout_ms);
    l.idle_timeout = std::chrono::milliseconds(s.idle_timeout_ms);
    l.write_timeout = std::chrono::milliseconds(s.write_timeout_ms);
    l.request_timeout = std::chrono::milliseconds(s.default_timeout_ms);
    l.allow_half_close = s.allow_half_close;
    l.trust_correlation_id = s.trust_correlation_id;
    l.cors_allowed_origins = s.cors_allowed_origins;
    l.client_rate.per_s = static_cast<double>(s.rate_limit_requests_per_s);
    l.client_rate.burst = static_cast<double>(s.rate_limit_burst);
    l.trusted_proxies = s.trusted_proxies;
    return l;
}

image::decode_options decode_options(settings const& s) {
    image::decode_options o;
    o.formats = s.formats;
    o.pixels_max = s.max_pixels;
    o.pages_max = static_cast<int>(s.max_pages);
    o.allow_truncated = s.truncated == "allow";
    o.jpeg_shrink = s.jpeg_shrink;
    o.decode_timeout = std::chrono::milliseconds(s.decode_timeout_ms);
    o.apply_exif_orientation = s.exif_orientation == "apply";
    o.convert_colors = s.color_profile == "convert";
    return o;
}

serving::decode_pool_options decode_pool_options(settings const& s, std::shared_ptr<cpu_arbiter> arbiter) {
    serving::decode_pool_options o;
    o.threads = decode_threads(s);
    o.arbiter = std::move(arbiter);
    o.images_max = size(s.max_queue_size);
    o.pixels_max = s.max_decode_pixels;
    return o;
}

serving::dispatcher_options dispatcher_options(settings const& s, std::shared_ptr<cpu_arbiter> arbiter,
                                               std::shared_ptr<serving::engine_turns> turns) {
    serving::dispatcher_options o;
    if (arbiter) o.batch.max_decode_delay = max_decode_delay;
    o.arbiter = std::move(arbiter);
    o.turns = std::move(turns);
    if (s.is_shadow) o.rank = serving::engine_turns::priority::background;
    o.batch.max_batch_size = static_cast<int>(s.max_batch_size);
    o.batch.max_queue_delay = std::chrono::microseconds(s.max_queue_delay_us);
    o.max_queue_size = size(s.max_queue_size);
    o.watchdog = std::chrono::milliseconds(s.watchdog_ms);
    return o;
}

serving::cache_options cache_options(settings const& s, serving::model_manager const& manager, std::size_t models) {
    serving::cache_options o;
    o.bytes_max = size(s.cache_size_mb) * 1024 * 1024 / models;
    o.images_max = size(s.max_queue_size);
    o.settings = write_settings(s);
    o.current_model = [&manager] { return manager.current(); };
    return o;
}

serving::shadow_options shadow_options(settings const& s) {
    serving::shadow_options o;
    o.model = s.model_name;
    o.shadow = s.shadow;
    o.share = s.shadow_share;
    o.timeout = std::chrono::milliseconds(s.default_timeout_ms);
    o.random = [] { return static_cast<double>(random_bits() >> 11U) * 0x1p-53; };
    return o;
}

serving::sample_options sample_options(settings const& s) {
    serving::sample_options o;
    o.directory = s.sample_dir;
    o.confidence_min = s.sample_min_confidence;
    o.confidence_max = s.sample_max_confidence;
    o.per_hour_max = size(s.sample_max_per_hour);
    o.bytes_max = size(s.sample_dir_size_mb) * 1024 * 1024;
    o.format_of = [](std::string_view file) {
        auto const part = parts::image();
        return part ? std::string((*part)->format_name_of(file)) : std::string();
    };
    return o;
}

fetch::fetch_options fetch_options(settings const& s) {
    fetch::fetch_options o;
    o.hosts = s.url_allowed_hosts;
    for (auto const& text : s.url_allowed_networks) o.networks.push_back(ip_network::parse(text).value());
    o.allow_http = s.url_allow_http;
    o.image_bytes_max = size(s.max_image_bytes);
    o.connections_max = size(s.url_max_connections);
    o.timeout = std::chrono::milliseconds(s.url_timeout_ms);
    client::tls_client_options trusted;
    trusted.ca_file = s.url_ca_file;
    auto const tls = client::make_tls_client(trusted);
    if (!tls) throw std::runtime_error("url_ca_file: " + tls.error().message);
    o.tls = *tls;
    return o;
}

engine::onednn_options onednn_options(settings const& s, int crop) {
    engine::onednn_options o;
    o.precision = precision(s);
    o.force = s.precision_force;
    o.threads = choose_threads(s, usable_cpus()).inference;
    o.height = o.width = crop;
    o.max_batch_size = static_cast<int>(s.max_batch_size);
    return o;
}

libtorch::torch_options torch_options(settings const& s, int crop) {
    libtorch::torch_options o;
    bool const cuda = s.device == "cuda";
    o.device = cuda ? libtorch::torch_device::cuda : libtorch::torch_device::cpu;
    o.precision = precision(s);
    if (o.precision == engine::precision::automatic)
        o.precision = cuda ? engine::precision::fp16 : engine::precision::fp32;
    o.threads = choose_threads(s, usable_cpus()).inference;
    o.height = o.width = crop;
    o.max_batch_size = static_cast<int>(s.max_batch_size);
    return o;
}

onnx::onnx_options onnx_options(settings const& s, int crop) {
    return {.threads = choose_threads(s, usable_cpus()).inference, .side = crop};
}

api::upload_limits upload_limits(settings const& s) {
    return {.images_max = size(s.max_images),
            .image_bytes_max = size(s.max_image_bytes),
            .timeout_max = std::chrono::milliseconds(s.default_timeout_ms)};
}

api::inference_protocol::procedure_options procedure_options(settings const& s) {
    // Enough to fill the next batch while one is computed.
    return {.calls_max = size(s.max_connections), .stream_requests_max = 2 * size(s.max_batch_size)};
}

grpc::server_options grpc_options(settings const& s) {
    grpc::server_options o;
    if (!s.grpc_listen.starts_with("unix:")) {
        o.tls_certificate = s.tls_certificate;
        o.tls_key = s.tls_key;
        o.tls_client_ca = s.tls_client_ca;
    }
    o.message_bytes_max = size(s.max_body_bytes);
    o.metadata_bytes_max = size(s.max_header_bytes);
    // With too little its connections stand still instead of being refused.
    constexpr std::size_t buffers = std::size_t{64} * 1024 * 1024;
    o.memory_bytes_max = size(s.max_inflight_body_bytes) + size(s.max_body_bytes) + buffers;
    o.handshake_timeout = std::chrono::milliseconds(s.header_timeout_ms);
    o.idle_timeout = std::chrono::milliseconds(s.idle_timeout_ms);
    return o;
}

}  // namespace sma::app
