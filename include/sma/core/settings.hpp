// Settings of the program: declared once, read from file, environment and command line, written as a commented file.
//
// A setting has one name: `max_queue_size` in the TOML file, `--max-queue-size` on the command line,
// SMA_MAX_QUEUE_SIZE in the environment. The command line beats the environment, which beats the file.
#pragma once

#include "sma/core/error.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sma {

/// The image formats that the decoder can be told to accept. The last one must be asked for: what a JPEG XL will take
/// stands behind its header, in entropy-coded data.
inline constexpr std::array<std::string_view, 9> image_format_names{"jpeg", "png",  "webp", "tiff", "gif",
                                                                    "bmp",  "avif", "heic", "jxl"};

/// The values in effect, with their defaults. What each means, its unit and range stand in the table of all_settings().
/// A plain value: copied, then read on any thread.
struct settings {
    // server
    std::string host = "127.0.0.1";
    std::int64_t port = 8000;
    std::string unix_socket;
    std::vector<std::string> cors_allowed_origins;
    std::string api_keys_file;
    std::vector<std::string> trusted_proxies;
    std::string tls_certificate;
    std::string tls_key;
    std::string tls_client_ca;
    std::string admin_listen;
    std::string grpc_listen;
    double min_confidence = 0;
    std::int64_t drain_grace_ms = 0;
    std::int64_t drain_timeout_ms = 30'000;
    // limits
    std::int64_t max_connections = 10'000;
    std::int64_t max_header_bytes = 16 * 1024;
    std::int64_t max_body_bytes = 64 * 1024 * 1024;
    std::int64_t max_image_bytes = 10 * 1024 * 1024;
    std::int64_t max_parts = 100;
    std::int64_t max_images = 32;
    std::int64_t max_inflight_body_bytes = 0;
    std::int64_t max_inflate_ratio = 200;
    std::int64_t min_body_bytes_per_s = 1024;
    std::int64_t header_timeout_ms = 10'000;
    std::int64_t idle_timeout_ms = 75'000;
    std::int64_t write_timeout_ms = 30'000;
    std::int64_t default_timeout_ms = 30'000;
    bool allow_half_close = true;
    bool trust_correlation_id = false;
    std::int64_t rate_limit_requests_per_s = 0;
    std::int64_t rate_limit_burst = 0;
    // model
    std::string weights;
    std::string labels;
    std::string model_name;
    std::string engine = "auto";
    std::string device = "cpu";
    std::string precision = "auto";
    bool precision_force = false;
    std::int64_t inference_threads = 0;
    std::string core_sharing = "auto";
    std::int64_t cache_size_mb = 0;
    // batching
    std::int64_t max_batch_size = 8;
    std::int64_t max_queue_delay_us = 0;
    std::int64_t max_queue_size = 0;
    std::int64_t watchdog_ms = 30'000;
    // image
    std::vector<std::string> formats{image_format_names.begin(), image_format_names.end() - 1};
    std::int64_t max_pixels = 40'000'000;
    std::int64_t max_decode_pixels = 0;
    std::int64_t max_pages = 1'000;
    std::string truncated = "refuse";
    std::int64_t decode_threads = 0;
    std::int64_t decode_timeout_ms = 5'000;
    std::string decoder_isolation = "process";
    std::string exif_orientation = "apply";
    std::string color_profile = "convert";
    bool jpeg_shrink = false;
    std::string preprocess = "auto";
    std::int64_t resize = 0;
    std::int64_t crop = 0;
    std::string crop_mode = "auto";
    std::string interpolation = "auto";
    std::vector<double> mean;
    std::vector<double> std;
    // url
    std::vector<std::string> url_allowed_hosts;
    std::vector<std::string> url_allowed_networks;
    bool url_allow_http = false;
    std::string url_ca_file;
    std::int64_t url_timeout_ms = 5'000;
    std::int64_t url_max_connections = 16;
    // samples
    std::string sample_dir;
    double sample_min_confidence = 0.3;
    double sample_max_confidence = 0.7;
    std::int64_t sample_max_per_hour = 100;
    std::int64_t sample_dir_size_mb = 1'000;
    // traces
    std::string otlp_endpoint;
    double trace_sample_ratio = 0.01;
    // log
    std::string log_level = "info";
    std::string log_format = "json";
    std::int64_t log_buffer_lines = 8'192;

    // of [[models]]
    bool is_default_model = false;
    std::string shadow;         ///< name of the model that also classifies a share of this one's requests; empty: none
    double shadow_share = 0.1;  ///< of the requests, 0 to 1
    bool is_shadow = false;     ///< another model names this one
    /// Each with the values of its own table over those of this one, and a model_name. Empty: one model, which these
    /// settings describe. One of several is the default.
    std::vector<settings> models;
};

using setting_member =
    std::variant<bool settings::*, std::int64_t settings::*, double settings::*, std::string settings::*,
                 std::vector<std::string> settings::*, std::vector<double> settings::*>;

/// What a text, or each entry of a list, must be, beyond its type.
struct setting_rule {
    std::string_view allowed;  ///< for messages and the written file
    bool (*accepts)(std::string_view text);
};

/// One row of the table.
struct setting_info {
    std::string_view name;   ///< snake_case, unit last
    std::string_view group;  ///< heading in the file
    std::string_view help;   ///< one or more sentences
    setting_member member;
    double minimum = 0;  ///< of numbers
    double maximum = 0;
    std::vector<std::string_view> choices{};  ///< of strings and lists; empty: anything
    setting_rule const* rule = nullptr;       ///< of strings and lists without choices; none: any UTF-8 text
};

/// In the order of the file.
std::span<setting_info const> all_settings();

/// "--max-queue-size" and "SMA_MAX_QUEUE_SIZE" of "max_queue_size".
std::string flag_of(std::string_view name);
std::string variable_of(std::string_view name);

/// Sources of values, weakest first. The maps are name (max_queue_size) to text.
struct settings_sources {
    std::optional<std::filesystem::path> file;
    std::map<std::string, std::string> environment;
    std::map<std::string, std::string> command_line;
};

/// The SMA_* variables of this process that name a setting, by the setting's name. An SMA_ variable that names none is
/// an error, except SMA_CONFIG and SMA_SHARED.
result<std::map<std::string, std::string>> settings_from_environment(char const* const* environment);

/// Errors (invalid_setting) are one line that names the setting, its value and what is allowed.
result<settings> load_settings(settings_sources const& sources);

/// A valid, commented file with these values.
std::string write_settings(settings const& s);

}  // namespace sma
