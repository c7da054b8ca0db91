#include "batch_command.hpp"

#include "api_key_line.hpp"
#include "complaint.hpp"
#include "local_pipeline.hpp"
#include "sma/batch/local_backend.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace sma::app {
namespace {

constexpr char const* unix_socket_flag = "--unix-socket";

error usage(std::string text) { return error(errc::validation_error, std::move(text)); }

// "Name: value" of a header that cannot break out of its line.
result<std::pair<std::string, std::string>> parse_header(std::string const& text) {
    auto const colon = text.find(':');
    auto const name = text.substr(0, colon);
    bool const good = colon != std::string::npos && !name.empty() &&
                      name.find_first_of(" \t\r\n\"(),/;<=>?@[\\]{}") == std::string::npos &&
                      text.find_first_of("\r\n") == std::string::npos;
    if (!good) return usage("--header " + text + ": expected Name: value");
    auto const begin = text.find_first_not_of(" \t", colon + 1);
    return std::pair(name, begin == std::string::npos ? std::string() : text.substr(begin));
}

}  // namespace

batch_command::batch_command(CLI::App& command) : command_(command), settings_(command), tls_(command, "over HTTP") {
    arrange_setting_flags();
    add_file_flags();
    add_result_flags();
    add_http_flags();
    add_load_flags();
}

// Only those that matter for classifying in process are shown.
void batch_command::arrange_setting_flags() {
    for (auto const& row : all_settings()) {
        bool const of_server = row.group == "server" || row.group == "log" || row.group == "limits";
        if (of_server && row.name != "max_image_bytes") command_.get_option(flag_of(row.name))->group("");
    }
    command_.get_option(unix_socket_flag)
        ->group("over HTTP")
        ->description("Unix socket of the server, instead of --url");
}

void batch_command::add_file_flags() {
    command_.add_option("PATH", job_.files.roots,
                        "Files and directories (recursive); - reads paths from standard input, one per line");
    command_
        .add_flag("-0,--null", null_, "The paths on standard input end with a zero byte, as find -print0 writes them")
        ->group("files");
    auto add = [this](char const* flag, auto& value, char const* help) {
        return command_.add_option(flag, value, help)->group("files");
    };
    add("--glob", job_.files.globs, "In directories, take only files whose name matches, e.g. '*.jpg'; may be repeated")
        ->allow_extra_args(false);
    add("--shard", shard_,
        "i/n: classify only shard i of n, i from 0 to n-1; a file is in the same shard on every machine");
    add("--expect", expect_, "File with lines path<TAB>class index or name; adds accuracy to the summary");
    add("--expect-from", expect_from_, "The expected class is the name of the file's directory, or the file's own name")
        ->check(CLI::IsMember({"directory", "filename"}));
}

void batch_command::add_result_flags() {
    auto add = [this](char const* flag, auto& value, char const* help) {
        return command_.add_option(flag, value, help)->group("results");
    };
    add("--out", job_.out, "Results file, .jsonl or .csv, with one record per file. Default: standard output");
    command_
        .add_flag("--resume", job_.resume, "Continue --out: skip the files that it has, repair a truncated last line")
        ->group("results");
    command_.add_flag("--overwrite", job_.overwrite, "Replace the content of --out")->group("results");
    add("--embed", job_.embed,
        "NumPy file (.npy) for the embedding of each classified file, a row each; --out names the rows. Default of "
        "--out "
        "then: the same name with .jsonl");
    add("--normalize", normalize_, "Embeddings as they are, or with the length 1, for the product as similarity")
        ->check(CLI::IsMember({"none", "l2"}))
        ->capture_default_str();
    add("--summary", job_.summary_file, "JSON file for counts, errors, throughput, latency and accuracy");
    add("--top-k", job_.top_k, "Predictions per file")->check(CLI::Range(1, 10))->capture_default_str();
    command_.add_flag("--quiet", job_.quiet, "No progress and no summary on standard error")->group("results");
}

void batch_command::add_http_flags() {
    auto add = [this](char const* flag, auto& value, std::string const& help) {
        return command_.add_option(flag, value, help)->group("over HTTP");
    };
    add("--url", url_,
        "Classify through this server, http://host:port or https://host:port, instead of in this process");
    add("--concurrency", concurrency_,
        "Images in flight. Default: " + std::to_string(http_.concurrency) +
            " over HTTP, enough to keep the engine busy in process")
        ->check(CLI::Range(1, 10'000));
    add("--retries", http_.retries,
        "Retries for a file that was refused (429, 502, 503, 504) or whose connection was lost")
        ->check(CLI::Range(0, 1'000))
        ->capture_default_str();
    add("--timeout-s", timeout_s_, "Timeout of one attempt, in seconds")
        ->check(CLI::Range(1, 3'600))
        ->capture_default_str();
    add("--api-key", api_key_,
        "API key, sent as Authorization: Bearer. Other users of this machine can see it; prefer --api-key-file");
    add("--api-key-file", api_key_file_, "File whose first line is the API key");
    add("--header", headers_, "Header to send with every request, as Name: value; may be repeated")
        ->allow_extra_args(false);
}

void batch_command::add_load_flags() {
    auto add = [this](char const* flag, auto& value, char const* help) {
        return command_.add_option(flag, value, help)->group("load");
    };
    add("--image", load_.image, "Classify this image repeatedly as a load test, instead of PATH");
    add("--requests", load_.requests, "Requests per wave")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
        ->capture_default_str();
    add("--waves", load_.waves, "Number of waves, one after the other")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{100'000}))
        ->capture_default_str();
}

bool batch_command::is_given(char const* flag) const { return command_.get_option(flag)->count() > 0; }

bool batch_command::over_http() const { return is_given("--url") || is_given(unix_socket_flag); }

result<void> batch_command::check_usage() const {
    if (job_.files.roots.empty() && load_.image.empty())
        return usage("batch: expected files or directories, or --image FILE for a load test");
    if (!job_.files.roots.empty() && !load_.image.empty()) return usage("batch: --image and PATH exclude each other");
    if (load_.image.empty() && (is_given("--requests") || is_given("--waves")))
        return usage("batch: --requests and --waves need --image FILE");
    if (auto const possible = check_embedding(); !possible) return possible.error();
    if (job_.resume && ((job_.out.empty() && job_.embed.empty()) || !load_.image.empty()))
        return usage("batch: --resume needs PATH and --out FILE");
    if (job_.resume && job_.overwrite) return usage("batch: --resume and --overwrite exclude each other");
    for (auto const* flag : {"--retries", "--timeout-s", "--api-key", "--api-key-file", "--header", "--ca-file",
                             "--insecure", "--client-certificate"})
        if (is_given(flag) && !over_http())
            return usage("batch: " + std::string(flag) + " needs --url or --unix-socket");
    if (!expect_.empty() && !expect_from_.empty()) return usage("batch: --expect and --expect-from exclude each other");
    return {};
}

result<void> batch_command::check_embedding() const {
    if (job_.embed.empty())
        return is_given("--normalize") ? usage("batch: --normalize needs --embed FILE") : result<void>();
    if (over_http()) return usage("batch: --embed works in this process alone; of a server ask POST /embed");
    if (!load_.image.empty()) return usage("batch: --embed and --image exclude each other");
    auto const ending = std::filesystem::path(job_.embed).extension();
    if (ending != ".npy") return usage("--embed " + job_.embed + ": expected a name that ends in .npy");
    auto const out = batch::format_of_file(job_.out);
    if (!job_.out.empty() && out && *out != batch::output_format::jsonl)
        return usage("batch: --embed needs an --out that ends in .jsonl, which names the rows");
    return {};
}

result<batch::job_options> batch_command::make_job_options() const {
    auto const usable = check_usage();
    if (!usable) return usable.error();
    auto o = job_;
    if (!o.embed.empty() && o.out.empty()) o.out = std::filesystem::path(o.embed).replace_extension(".jsonl");
    if (!shard_.empty()) {
        auto const part = batch::parse_shard(shard_);
        if (!part) return part.error();
        o.files.part = *part;
    }
    if (null_) o.files.separator = '\0';
    if (!load_.image.empty()) o.load = load_;
    if (!expect_.empty()) {
        auto loaded = batch::expectation::load(expect_);
        if (!loaded) return loaded.error();
        o.expected = std::move(*loaded);
    }
    using from = batch::expectation::from;
    if (!expect_from_.empty())
        o.expected = batch::expectation(expect_from_ == "directory" ? from::directory : from::filename);
    o.over_http = over_http();
    return o;
}

result<batch::http_options> batch_command::make_http_options() const {
    auto o = http_;
    auto address = client::parse_server_address(url_, command_.get_option(unix_socket_flag)->as<std::string>());
    if (!address) return address.error();
    if (auto secured = tls_.apply(*address); !secured) return secured.error();
    o.address = std::move(*address);
    auto key = api_key_;
    if (!api_key_file_.empty()) {
        auto const line = read_api_key_line(api_key_file_);
        if (!line) return line.error();
        key = *line;
    }
    if (!key.empty()) o.headers.emplace_back("Authorization", "Bearer " + key);
    for (auto const& text : headers_) {
        auto const header = parse_header(text);
        if (!header) return header.error();
        o.headers.push_back(*header);
    }
    if (concurrency_ > 0) o.concurrency = concurrency_;
    o.timeout = std::chrono::seconds(timeout_s_);
    // Accuracy counts the first five predictions, the server's default number.
    bool const enough = job_.top_k >= 5 || (expect_.empty() && expect_from_.empty());
    if (is_given("--top-k") && enough) o.top_k = job_.top_k;
    return o;
}

int batch_command::run() const { return over_http() ? run_over_http() : run_in_process(); }

int batch_command::run_over_http() const {
    auto job_options = make_job_options();
    if (!job_options) return complain(job_options.error(), batch::wrong_usage);
    auto http_options = make_http_options();
    if (!http_options) return complain(http_options.error(), batch::wrong_usage);
    job_options->concurrency = http_options->concurrency;
    boost::asio::io_context io{1};
    auto const job = batch::job::create(io, std::move(*job_options));
    if (!job) return complain(job.error(), batch::wrong_usage);
    batch::http_backend backend(io.get_executor(), (*job)->files(), std::move(*http_options));
    return (*job)->run(backend);
}

int batch_command::run_in_process() const {
    auto job_options = make_job_options();
    if (!job_options) return complain(job_options.error(), batch::wrong_usage);
    auto s = settings_.load();
    if (!s) return complain(s.error(), batch::wrong_usage);
    if (auto const ready = prepare_local_run(*s); !ready) return complain(ready.error(), batch::wrong_usage);
    job_options->concurrency = images_in_flight(*s, concurrency_);
    batch::local_options const local{
        .image_bytes_max = static_cast<std::uint64_t>(s->max_image_bytes),
        .top_k = job_options->expected ? std::max(5, job_.top_k) : job_.top_k,
        .embed = !job_.embed.empty(),
        .normalize = normalize_ == "l2",
    };

    boost::asio::io_context io{1};
    auto const job = batch::job::create(io, std::move(*job_options));
    if (!job) return complain(job.error(), batch::wrong_usage);
    local_pipeline pipeline(*s);
    if (auto const loaded = pipeline.load(); !loaded) return complain(loaded.error(), batch::wrong_usage);
    batch::local_backend backend(pipeline.classifier(), (*job)->files(), local);
    return (*job)->run(backend);
}

}  // namespace sma::app
