#include "setting_rules.hpp"

namespace sma {
namespace {

constexpr double day_ms = 86'400'000;
constexpr double gibibyte = 1024.0 * 1024 * 1024;

std::vector<setting_info> const table{
    {"host", "server",
     "Address to listen on. The default is loopback: put a proxy or a firewall in front of anything else.",
     &settings::host},
    {"port", "server", "TCP port; 0 takes a free one.", &settings::port, 0, 65'535},
    {"unix_socket", "server", "Path of a Unix socket to listen on instead of TCP. Empty: TCP.", &settings::unix_socket},
    {"cors_allowed_origins",
     "server",
     "Origins whose pages may call this server from a browser (CORS), such as https://app.example.com; \"*\" for any. "
     "Empty: none.",
     &settings::cors_allowed_origins,
     0,
     0,
     {},
     &origin_rule},
    {"api_keys_file", "server",
     "File of API keys: one key per line, as a name and the SHA-256 of the key in hexadecimal. Reloaded on SIGHUP. "
     "Empty: no key is required.",
     &settings::api_keys_file},
    {"trusted_proxies",
     "server",
     "Proxies whose X-Forwarded-For is trusted: the client in the log and for rate limits is then its right-most "
     "address that is not in this list. The header is ignored from all other peers.",
     &settings::trusted_proxies,
     0,
     0,
     {},
     &network_rule},
    {"tls_certificate", "server",
     "PEM file with the server's certificate and the intermediate certificates, for HTTPS on TCP. Reloaded on SIGHUP, "
     "like tls_key and tls_client_ca. Empty: HTTP.",
     &settings::tls_certificate},
    {"tls_key", "server", "PEM file with the private key of tls_certificate, without a passphrase.",
     &settings::tls_key},
    {"tls_client_ca", "server",
     "PEM file of CA certificates: clients must present a certificate that is signed by one of them. Empty: no client "
     "certificate is required.",
     &settings::tls_client_ca},
    {"admin_listen",
     "server",
     "Second listening address, for this machine only: /metrics, which is then not served elsewhere, /health, health "
     "and metadata below /v2, CPU profiles, and POST /v2/repository/models/{model}/load, which reloads the model. "
     "HTTP, without keys or limits. Empty: none.",
     &settings::admin_listen,
     0,
     0,
     {},
     &local_address_rule},
    {"grpc_listen",
     "server",
     "Listening address of the Open Inference Protocol over gRPC, with the keys, limits and certificate of the server; "
     "port 0 takes a free one. Empty: none.",
     &settings::grpc_listen,
     0,
     0,
     {},
     &listen_address_rule},
    {"min_confidence", "server",
     "Confidence below which /predict leaves a class out. An image that has no other is answered as unknown. A request "
     "may ask for another with ?min_confidence=.",
     &settings::min_confidence, 0, 1},
    {"drain_grace_ms", "server",
     "Time after SIGTERM during which new connections are still accepted while /health reports draining and each "
     "response closes its connection, so that load balancers notice. Set it higher than their probe period.",
     &settings::drain_grace_ms, 0, day_ms},
    {"drain_timeout_ms", "server", "Time after the grace for requests in flight to finish before they are aborted.",
     &settings::drain_timeout_ms, 0, day_ms},

    {"max_connections", "limits",
     "Open connections. At the limit idle connections are closed for new ones; if none is idle, new ones wait.",
     &settings::max_connections, 1, 1'000'000},
    {"max_header_bytes", "limits",
     "Size of the request line and headers together; more is 431 HEADERS_TOO_LARGE, or 414 URI_TOO_LONG for the "
     "request line alone.",
     &settings::max_header_bytes, 512, 1024 * 1024},
    {"max_body_bytes", "limits", "Size of the whole body of a request; more is 413 FILE_TOO_LARGE.",
     &settings::max_body_bytes, 1'024, 4 * gibibyte},
    {"max_image_bytes", "limits", "Size of one image file; more is 413 FILE_TOO_LARGE.", &settings::max_image_bytes,
     1'024, gibibyte},
    {"max_parts", "limits", "Parts of a form; more is 400 MALFORMED_MULTIPART.", &settings::max_parts, 1, 10'000},
    {"max_images", "limits", "Images per request, never more than max_queue_size; more is 422 VALIDATION_ERROR.",
     &settings::max_images, 1, 1'024},
    {"max_inflight_body_bytes", "limits",
     "Request bodies held in memory at a time, over all connections; more is 503 QUEUE_FULL. 0: an eighth of the "
     "memory that this process may use, at most 256 MiB, at least one body of max_body_bytes.",
     &settings::max_inflight_body_bytes, 0, 64 * gibibyte},
    {"max_inflate_ratio", "limits",
     "Bytes of content for each byte of a compressed body (Content-Encoding), beyond the first MiB of content; more is "
     "413 FILE_TOO_LARGE. All other limits hold for the content.",
     &settings::max_inflate_ratio, 1, 1'000'000},
    {"min_body_bytes_per_s", "limits",
     "Minimum average rate of an upload, checked after its first 5 seconds; slower is 408 REQUEST_TIMEOUT. 0: no "
     "minimum.",
     &settings::min_body_bytes_per_s, 0, gibibyte},
    {"header_timeout_ms", "limits",
     "Time from the first byte of a request to the end of its header; longer is 408 REQUEST_TIMEOUT. Also the time "
     "for a TLS handshake.",
     &settings::header_timeout_ms, 10, day_ms},
    {"idle_timeout_ms", "limits",
     "Time that a connection may stay open between two requests. Set it higher than that of proxies and load balancers "
     "that reuse connections: most have 60 seconds.",
     &settings::idle_timeout_ms, 10, day_ms},
    {"write_timeout_ms", "limits", "Time without progress in sending a response after which the connection is closed.",
     &settings::write_timeout_ms, 10, day_ms},
    {"default_timeout_ms", "limits",
     "Deadline of a request, from its first byte through upload, decoding, queue and forward pass; longer is 504 "
     "DEADLINE_EXCEEDED. A request may ask for less with ?timeout_ms=.",
     &settings::default_timeout_ms, 10, day_ms},
    {"allow_half_close", "limits",
     "Answer a client that closes its sending side behind its request, as wget, nc and some proxies do; that a client "
     "has left shows then by a reset, or when it is written to. false: it counts as gone, and its work is dropped at "
     "once. Under TLS it always counts as gone.",
     &settings::allow_half_close},
    {"trust_correlation_id", "limits",
     "Keep the client's X-Correlation-ID or X-Request-ID. Only for use behind a proxy that sets it.",
     &settings::trust_correlation_id},
    {"rate_limit_requests_per_s", "limits",
     "Average request rate of one client: of one API key, or without keys of one network (an IPv4 address, an IPv6 "
     "/64); more is 429 RATE_LIMITED. A key's own limit in api_keys_file takes precedence. Health, metrics and pages "
     "do not count. 0: no limit.",
     &settings::rate_limit_requests_per_s, 0, 1e6},
    {"rate_limit_burst", "limits", "Requests that one client may send at once. 0: as many as in one second.",
     &settings::rate_limit_burst, 0, 1e6},

    {"weights", "model",
     "Weights of a ResNet-family network: safetensors, a PyTorch state dict (.pth); or any classifier as "
     "TorchScript or ONNX. Empty: the demo model.",
     &settings::weights},
    {"labels", "model",
     "Class names: a text file with one name per line, TorchServe's index_to_name.json or Hugging Face's config.json. "
     "Empty: the file next to the weights with the same name and the extension .labels.txt, or a config.json with "
     "id2label; otherwise numbered classes.",
     &settings::labels},
    {"model_name", "model",
     "The model's name in URLs. Empty: its architecture in lower case without the dash, e.g. resnet50.",
     &settings::model_name},
    {"engine",
     "model",
     "Inference engine. auto: onednn on a CPU, torch for TorchScript files that are no ResNet and on CUDA, onnx (ONNX "
     "Runtime) for ONNX files that are no ResNet.",
     &settings::engine,
     0,
     0,
     {"auto", "onednn", "torch", "onnx"}},
    {"device",
     "model",
     "Device of the engine. cuda needs a libtorch that was built with CUDA.",
     &settings::device,
     0,
     0,
     {"cpu", "cuda"}},
    {"precision",
     "model",
     "Precision of the engine. auto: int8 for weights that `model quantize` wrote, otherwise bf16 where the CPU "
     "computes it faster than fp32, otherwise fp32. int8 needs quantized weights.",
     &settings::precision,
     0,
     0,
     {"auto", "fp32", "bf16", "int8"}},
    {"precision_force", "model", "Allow bf16 where the CPU has AVX-512 but only emulates bf16. Slow; for tests.",
     &settings::precision_force},
    {"inference_threads", "model", "Threads of one forward pass. 0: the CPUs that this process may use, at most 32.",
     &settings::inference_threads, 0, 1'024},
    {"core_sharing",
     "model",
     "Whether decoding and forward passes take turns on the CPUs or overlap. auto: turns if they have more threads "
     "than there are CPUs and the model runs on the CPU.",
     &settings::core_sharing,
     0,
     0,
     {"auto", "turns", "overlap"}},
    {"cache_size_mb", "model",
     "Size of the prediction cache in MiB: an image with the same bytes as before needs no forward pass. A reload "
     "empties it. 0: no cache.",
     &settings::cache_size_mb, 0, 65'536},

    {"max_batch_size", "batching", "Maximum number of images in one forward pass.", &settings::max_batch_size, 1, 256},
    {"max_queue_delay_us", "batching",
     "Time that the oldest image waits for a batch to fill. 0: run what is queued as soon as the engine is idle, "
     "which is best on a CPU.",
     &settings::max_queue_delay_us, 0, 10'000'000},
    {"max_queue_size", "batching",
     "Images being decoded, queued or inferred; more is 503 QUEUE_FULL. 0: 128, or fewer where their tensors would "
     "take more than an eighth of the memory that this process may use, but at least two batches and one request.",
     &settings::max_queue_size, 0, 100'000},
    {"watchdog_ms", "batching",
     "Duration of a forward pass after which liveness fails, so that a supervisor restarts the process.",
     &settings::watchdog_ms, 100, day_ms},

    {"formats",
     "image",
     "Accepted image formats, detected from the bytes of the file; others are 415 UNSUPPORTED_MEDIA_TYPE. heic is "
     "HEIF coded as HEVC; avif, heic and jxl need a libvips that has their loaders, as Debian's has.",
     &settings::formats,
     0,
     0,
     {image_format_names.begin(), image_format_names.end()}},
    {"max_pixels", "image", "Width x height of one image, from its header; more is 413 IMAGE_TOO_LARGE.",
     &settings::max_pixels, 1, 1e9},
    {"max_decode_pixels", "image",
     "Sum of the pixels of all images being decoded at a time; an image waits while it does not fit. 0: 400 million, "
     "or fewer where 4 bytes per pixel would take more than a quarter of the memory that this process may use, but at "
     "least one image of max_pixels.",
     &settings::max_decode_pixels, 0, 1e12},
    {"max_pages", "image", "Frames of a GIF or WebP, pages of a TIFF; more is 413 IMAGE_TOO_LARGE.",
     &settings::max_pages, 1, 1e6},
    {"truncated",
     "image",
     "Truncated files: refuse them with 422 PREPROCESSING_FAILED, or allow them and fill the missing part.",
     &settings::truncated,
     0,
     0,
     {"refuse", "allow"}},
    {"decode_threads", "image",
     "Threads that decode and pre-process. 0: one for each CPU that this process may use, without those of a forward "
     "pass where it leaves 8 or more.",
     &settings::decode_threads, 0, 256},
    {"decode_timeout_ms", "image", "Maximum time to decode one image; longer is 422 PREPROCESSING_FAILED.",
     &settings::decode_timeout_ms, 10, day_ms},
    {"decoder_isolation",
     "image",
     "Where images are decoded that are neither JPEG nor PNG nor BMP: in worker processes, which may open no file and "
     "no connection and start no program, so that a broken decoder costs one image; none: in the server itself.",
     &settings::decoder_isolation,
     0,
     0,
     {"process", "none"}},
    {"exif_orientation",
     "image",
     "Apply the orientation that the metadata of images state (EXIF, XMP), or ignore it.",
     &settings::exif_orientation,
     0,
     0,
     {"apply", "ignore"}},
    {"color_profile",
     "image",
     "Images with an RGB profile, such as Display P3 or Adobe RGB: convert their colors to sRGB, or ignore the "
     "profile, as torchvision and Pillow do.",
     &settings::color_profile,
     0,
     0,
     {"convert", "ignore"}},
    {"jpeg_shrink", "image",
     "Decode large JPEGs at 1/2, 1/4 or 1/8 of their size where at least twice `resize` remains. Faster, with pixels "
     "that differ a little from the pre-processing of the training images.",
     &settings::jpeg_shrink},
    {"preprocess",
     "image",
     "Pre-processing of images. auto: as the weight file says, or preprocessor_config.json (Hugging Face) or "
     "config.json (timm) beside it, else v1. v1 and v2 are those of torchvision's weights: v1 resizes to 256 pixels, "
     "v2 "
     "to 232; both crop the central 224. Each of the settings below replaces one value of it.",
     &settings::preprocess,
     0,
     0,
     {"auto", "v1", "v2"}},
    {"resize", "image",
     "Length of the shorter side after resizing, in pixels; of both sides where crop_mode is squash. 0: as "
     "`preprocess` "
     "says.",
     &settings::resize, 0, 4'096},
    {"crop", "image",
     "Side of the central square crop, in pixels, at least 32: the network's input. 0: as `preprocess` says.",
     &settings::crop, 0, 2'048},
    {"crop_mode",
     "image",
     "Way from an image to the crop. center: the shorter side is resized and the middle is cropped; squash: both sides "
     "are resized, whatever their ratio. auto: as `preprocess` says.",
     &settings::crop_mode,
     0,
     0,
     {"auto", "center", "squash"}},
    {"interpolation",
     "image",
     "Interpolation for resizing, antialiased, as in Pillow. auto: as `preprocess` says.",
     &settings::interpolation,
     0,
     0,
     {"auto", "bilinear", "bicubic"}},
    {"mean", "image",
     "Mean of red, green and blue of the training images, for values from 0 to 1. None: as `preprocess` says.",
     &settings::mean, 0, 1},
    {"std", "image", "Standard deviation of red, green and blue of the training images. None: as `preprocess` says.",
     &settings::std, 0.001, 10},

    {"url_allowed_hosts",
     "url",
     "Hosts from which images are fetched that a request names by their URL: images.example.com, *.example.com for "
     "every name below it, with :port where it is not the usual one. Empty: images by URL are switched off.",
     &settings::url_allowed_hosts,
     0,
     0,
     {},
     &host_rule},
    {"url_allowed_networks",
     "url",
     "Networks that are connected to though their addresses are not public: private, loopback, link-local and others "
     "are refused, whatever a host's name resolves to.",
     &settings::url_allowed_networks,
     0,
     0,
     {},
     &ip_network_rule},
    {"url_allow_http", "url", "Fetch from http URLs too, which anybody on the way can read and change.",
     &settings::url_allow_http},
    {"url_ca_file", "url", "PEM file of the CA certificates that are trusted for https. Empty: the system's.",
     &settings::url_ca_file},
    {"url_timeout_ms", "url",
     "Time to fetch one image, redirects included; longer is 422 IMAGE_NOT_FETCHED. The request's deadline counts, "
     "too.",
     &settings::url_timeout_ms, 10, day_ms},
    {"url_max_connections", "url", "Images being fetched at a time; more is 503 QUEUE_FULL.",
     &settings::url_max_connections, 1, 1'000},

    {"sample_dir", "samples",
     "Directory, which must exist, for images that the model is unsure of, for people who label them: each with a JSON "
     "file of the prediction, the time and the correlation ID. Empty: none are kept.",
     &settings::sample_dir},
    {"sample_min_confidence", "samples", "Confidence of the best class from which an image is kept.",
     &settings::sample_min_confidence, 0, 1},
    {"sample_max_confidence", "samples", "Confidence of the best class below which an image is kept.",
     &settings::sample_max_confidence, 0, 1},
    {"sample_max_per_hour", "samples", "Images kept in an hour; more are dropped and counted.",
     &settings::sample_max_per_hour, 1, 1'000'000},
    {"sample_dir_size_mb", "samples",
     "Size of all files in sample_dir, in MiB; images for which there is no room are dropped and counted.",
     &settings::sample_dir_size_mb, 1, 16'777'216},

    {"otlp_endpoint",
     "traces",
     "URL of an OpenTelemetry collector, such as http://127.0.0.1:4318, to which traces of requests are sent: OTLP "
     "over "
     "HTTP, to the path /v1/traces below it. Needs the package simple-model-api-otlp. Empty: nothing is traced.",
     &settings::otlp_endpoint,
     0,
     0,
     {},
     &endpoint_rule},
    {"trace_sample_ratio", "traces",
     "Share of the requests without a traceparent header that are traced. Those with one are traced if its sampled "
     "flag "
     "is set.",
     &settings::trace_sample_ratio, 0, 1},

    {"log_level",
     "log",
     "Minimum level of the lines that are written.",
     &settings::log_level,
     0,
     0,
     {"debug", "info", "warn", "error"}},
    {"log_format",
     "log",
     "One JSON object per line, or text for people.",
     &settings::log_format,
     0,
     0,
     {"json", "text"}},
    {"log_buffer_lines", "log",
     "Lines buffered for a slow output; when the buffer is full the oldest are dropped and counted.",
     &settings::log_buffer_lines, 16, 1'000'000},
};

}  // namespace

std::span<setting_info const> all_settings() { return table; }

}  // namespace sma
