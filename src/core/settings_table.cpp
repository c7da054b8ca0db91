#include "sma/core/settings.hpp"

namespace sma {
namespace {

constexpr double day_ms = 86'400'000;
constexpr double gibibyte = 1024.0 * 1024 * 1024;

std::vector<setting_info> const table{
    {"host", "server", "Address to listen on. Loopback by default: put a proxy or a firewall before anything else.",
     &settings::host},
    {"port", "server", "TCP port; 0 takes a free one.", &settings::port, 0, 65'535},
    {"unix_socket", "server", "Path of a Unix socket to listen on instead of TCP; empty for none.",
     &settings::unix_socket},
    {"cors_allowed_origins", "server",
     "Origins whose pages may call this server from a browser (CORS), such as https://app.example.com; \"*\" for any. "
     "Empty: none.",
     &settings::cors_allowed_origins},
    {"api_keys_file", "server",
     "Who may use this server: a file with one key a line, as a name and the SHA-256 of the key in hexadecimal. Read "
     "again on SIGHUP. Empty: everyone who can connect.",
     &settings::api_keys_file},
    {"trusted_proxies", "server",
     "Whose X-Forwarded-For is believed: the client in log and rate limit is then its right-most address that is not "
     "in "
     "this list. Everybody else's is ignored.",
     &settings::trusted_proxies},
    {"tls_certificate", "server",
     "HTTPS on TCP: a PEM file with the server's certificate and those that lead to its root. Read again on SIGHUP, "
     "with "
     "the two below. Empty: HTTP.",
     &settings::tls_certificate},
    {"tls_key", "server", "Its private key: a PEM file without a passphrase.", &settings::tls_key},
    {"tls_client_ca", "server",
     "A PEM file of certificates: clients must show one that is signed by one of these. Empty: they need none.",
     &settings::tls_client_ca},
    {"admin_listen", "server",
     "A second place to listen on, for this machine only: /metrics, which is then nowhere else, /health, CPU profiles, "
     "and POST /v2/repository/models/{model}/load, which reloads the model. HTTP, without keys or limits. Empty: none.",
     &settings::admin_listen},
    {"drain_grace_ms", "server",
     "After SIGTERM, how long new connections are still accepted while /health says draining, so that load balancers "
     "notice. Set it above their probe's period.",
     &settings::drain_grace_ms, 0, day_ms},
    {"drain_timeout_ms", "server", "After the grace, how long requests in flight may take before they are cut off.",
     &settings::drain_timeout_ms, 0, day_ms},

    {"max_connections", "limits", "Open connections. When reached, idle ones make room, then new ones wait.",
     &settings::max_connections, 1, 1'000'000},
    {"max_header_bytes", "limits", "Request line and headers together; more is 431 HEADERS_TOO_LARGE.",
     &settings::max_header_bytes, 512, 1024 * 1024},
    {"max_body_bytes", "limits", "The whole body of one request; more is 413 FILE_TOO_LARGE.",
     &settings::max_body_bytes, 1'024, 4 * gibibyte},
    {"max_image_bytes", "limits", "One image file; more is 413 FILE_TOO_LARGE.", &settings::max_image_bytes, 1'024,
     gibibyte},
    {"max_parts", "limits", "Parts of one form; more is 400 MALFORMED_MULTIPART.", &settings::max_parts, 1, 10'000},
    {"max_images", "limits", "Images of one request, never more than max_queue_size; more is 422 VALIDATION_ERROR.",
     &settings::max_images, 1, 1'024},
    {"max_inflight_body_bytes", "limits",
     "Request bodies held in memory at one time, over all connections; more is 503 QUEUE_FULL. 0: an eighth of the "
     "memory that this process may use, at most 256 MiB, at least one body of max_body_bytes.",
     &settings::max_inflight_body_bytes, 0, 64 * gibibyte},
    {"min_body_bytes_per_s", "limits",
     "Slowest average rate of an upload, judged after its first 5 seconds; slower is 408 REQUEST_TIMEOUT. 0: any.",
     &settings::min_body_bytes_per_s, 0, gibibyte},
    {"header_timeout_ms", "limits",
     "From the first byte of a request to the end of its header; longer is 408 REQUEST_TIMEOUT. A TLS handshake has as "
     "long.",
     &settings::header_timeout_ms, 10, day_ms},
    {"idle_timeout_ms", "limits", "How long a connection may stay open between two requests.",
     &settings::idle_timeout_ms, 10, day_ms},
    {"write_timeout_ms", "limits",
     "How long a client may take no byte of its response before the connection is closed.", &settings::write_timeout_ms,
     10, day_ms},
    {"default_timeout_ms", "limits",
     "The deadline of a request, from its first byte over upload, decoding, queue and forward pass; longer is 504 "
     "DEADLINE_EXCEEDED. A request may ask for less with ?timeout_ms=.",
     &settings::default_timeout_ms, 10, day_ms},
    {"trust_correlation_id", "limits",
     "Keep a client's own X-Correlation-ID or X-Request-ID. Only behind a proxy that sets it.",
     &settings::trust_correlation_id},
    {"rate_limit_requests_per_s", "limits",
     "Requests of one client, on average: of one API key, or without keys of one network (an IPv4 address, a /64 of "
     "IPv6); more is 429 RATE_LIMITED. A key's own limit in api_keys_file takes its place. Health, metrics and pages "
     "do not count. 0: no limit.",
     &settings::rate_limit_requests_per_s, 0, 1e6},
    {"rate_limit_burst", "limits", "How many of them at once. 0: those of one second.", &settings::rate_limit_burst, 0,
     1e6},

    {"weights", "model",
     "Weights of a ResNet-family network: safetensors, a PyTorch state dict (.pth) or TorchScript. Empty: the demo "
     "model.",
     &settings::weights},
    {"labels", "model",
     "Class names: a text file with one a line, TorchServe's index_to_name.json or Hugging Face's config.json. Empty: "
     "a file "
     "beside the weights with the same name and the ending .labels.txt, else numbered classes.",
     &settings::labels},
    {"model_name", "model",
     "The model's name in URLs. Empty: its architecture in lower case without the dash, resnet50.",
     &settings::model_name},
    {"engine",
     "model",
     "What runs the network. auto: onednn on a CPU, torch for TorchScript files and on CUDA.",
     &settings::engine,
     0,
     0,
     {"auto", "onednn", "torch"}},
    {"device", "model", "cuda needs a libtorch that was built with it.", &settings::device, 0, 0, {"cpu", "cuda"}},
    {"precision",
     "model",
     "auto takes int8 for weights that `model quantize` wrote, else bf16, each where the processor computes it, else "
     "fp32. "
     "int8 needs such weights.",
     &settings::precision,
     0,
     0,
     {"auto", "fp32", "bf16", "int8"}},
    {"precision_force", "model", "Run a precision that this processor can only emulate. Slow; for tests.",
     &settings::precision_force},
    {"inference_threads", "model", "Threads of one forward pass. 0: the processors that this process may use.",
     &settings::inference_threads, 0, 1'024},
    {"core_sharing",
     "model",
     "Decoding and forward passes take turns on the processors, or overlap. auto: turns where their threads are more "
     "than "
     "the processors and the model runs on the CPU.",
     &settings::core_sharing,
     0,
     0,
     {"auto", "turns", "overlap"}},
    {"cache_size_mb", "model",
     "Memory for the answers to images that were classified before, MiB: the same bytes again need no forward pass. A "
     "reload empties it. 0: no cache.",
     &settings::cache_size_mb, 0, 65'536},

    {"max_batch_size", "batching", "Images in one forward pass.", &settings::max_batch_size, 1, 256},
    {"max_queue_delay_us", "batching",
     "How long the oldest image waits for a batch to fill. 0: take what is queued when the engine falls free, which is "
     "best on a CPU.",
     &settings::max_queue_delay_us, 0, 10'000'000},
    {"max_queue_size", "batching",
     "Images being decoded, queued or inferred; more is 503 QUEUE_FULL. 0: 128, or fewer where their tensors would "
     "take "
     "more than an eighth of the memory that this process may use, but at least two batches and one request.",
     &settings::max_queue_size, 0, 100'000},
    {"watchdog_ms", "batching",
     "A forward pass that takes longer turns liveness off, so that a supervisor restarts the process.",
     &settings::watchdog_ms, 100, day_ms},

    {"formats",
     "image",
     "Image formats that are taken, judged by the bytes of the file; others are 415 UNSUPPORTED_MEDIA_TYPE.",
     &settings::formats,
     0,
     0,
     {"jpeg", "png", "webp", "tiff", "gif", "bmp"}},
    {"max_pixels", "image", "Width x height of one image, from its header; more is 413 IMAGE_TOO_LARGE.",
     &settings::max_pixels, 1, 1e9},
    {"max_decode_pixels", "image",
     "The sum over all images being decoded at one time; an image waits while it does not fit. 0: 400 million, or "
     "fewer "
     "where 4 bytes a pixel would take more than a quarter of the memory that this process may use, but one image of "
     "max_pixels.",
     &settings::max_decode_pixels, 0, 1e12},
    {"max_pages", "image", "Frames of a GIF or WebP, pages of a TIFF; more is 413 IMAGE_TOO_LARGE.",
     &settings::max_pages, 1, 1e6},
    {"truncated",
     "image",
     "A file that ends early: refuse with 422 PREPROCESSING_FAILED, or allow what is there.",
     &settings::truncated,
     0,
     0,
     {"refuse", "allow"}},
    {"decode_threads", "image",
     "Threads that decode and pre-process. 0: one for each processor that this process may use.",
     &settings::decode_threads, 0, 256},
    {"decode_timeout_ms", "image", "Longest time for decoding one image; more is 422 PREPROCESSING_FAILED.",
     &settings::decode_timeout_ms, 10, day_ms},
    {"exif_orientation",
     "image",
     "Turn images as their EXIF data says, or ignore it.",
     &settings::exif_orientation,
     0,
     0,
     {"apply", "ignore"}},
    {"preprocess",
     "image",
     "How torchvision's weights were evaluated: v1 resizes to 256 pixels, v2 to 232; both cut 224 from the middle.",
     &settings::preprocess,
     0,
     0,
     {"v1", "v2"}},
    {"resize", "image", "Length of the shorter side after resizing, pixels; 0: what `preprocess` says.",
     &settings::resize, 0, 4'096},
    {"crop", "image", "Side of the square cut from the middle, pixels: the network's input.", &settings::crop, 32,
     2'048},
    {"interpolation",
     "image",
     "Filter of the resizing, antialiased, as Pillow's.",
     &settings::interpolation,
     0,
     0,
     {"bilinear", "bicubic"}},
    {"mean", "image", "Mean of the training images' red, green and blue, of values from 0 to 1.", &settings::mean, 0,
     1},
    {"std", "image", "Their standard deviation.", &settings::std, 0.001, 10},

    {"log_level",
     "log",
     "Least important level that is written.",
     &settings::log_level,
     0,
     0,
     {"debug", "info", "warn", "error"}},
    {"log_format", "log", "One JSON object a line, or text for people.", &settings::log_format, 0, 0, {"json", "text"}},
    {"log_buffer_lines", "log", "Lines that wait for a slow output; when full the oldest are dropped and counted.",
     &settings::log_buffer_lines, 16, 1'000'000},
};

}  // namespace

std::span<setting_info const> all_settings() { return table; }

}  // namespace sma
