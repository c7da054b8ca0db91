#include "sma/batch/job.hpp"

#include "runner.hpp"
#include "sma/core/whole_file.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace sma::batch {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using std::chrono::steady_clock;

// Reading names and files ahead of what classifies them.
constexpr int file_threads_count = 4;

bool is_single_image(std::vector<std::string> const& roots) {
    std::error_code ignored;
    return roots.size() == 1 && roots.front() != "-" && !fs::is_directory(roots.front(), ignored);
}

void complain(std::string const& message) { std::fprintf(stderr, "simple-model-api: %s\n", message.c_str()); }

double seconds_since(steady_clock::time_point begin) {
    return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

request_counts difference(request_counts const& a, request_counts const& b) {
    request_counts d;
    d.attempts = a.attempts - b.attempts;
    d.refused = a.refused - b.refused;
    d.lost = a.lost - b.lost;
    return d;
}

}  // namespace

job::job(asio::io_context& io, job_options options)
    : io_(io), options_(std::move(options)), signals_(io), files_(file_threads_count) {}

job::~job() = default;

result<std::unique_ptr<job>> job::create(asio::io_context& io, job_options options) {
    std::unique_ptr<job> made(new job(io, std::move(options)));
    auto const opened = made->open_results();
    if (!opened) return opened.error();
    auto const beside = made->open_embeddings();
    if (!beside) return beside.error();
    return made;
}

result<void> job::open_results() {
    auto& o = options_;
    results_options r;
    r.top_k = o.top_k;
    r.resume = o.resume;
    r.overwrite = o.overwrite;
    r.header = o.files.part.index == 0;  // so that `cat` of all shards has one
    if (o.no_results || (o.load && o.out.empty())) return {};
    results_on_terminal_ = o.out.empty() && ::isatty(STDOUT_FILENO) != 0;
    if (results_on_terminal_) r.format = is_single_image(o.files.roots) ? output_format::table : output_format::lines;
    if (!o.out.empty()) {
        auto const format = format_of_file(o.out);
        if (!format)
            return error(errc::validation_error, "--out " + o.out + ": expected a name that ends in .jsonl or .csv");
        r.format = *format;
    }
    auto opened = o.out.empty() ? results_file::open_descriptor(STDOUT_FILENO, r) : results_file::open(o.out, r);
    if (!opened) return opened.error();
    results_ = std::move(*opened);
    o.files.finished = &results_->finished();
    for (auto const& written : {o.out, o.embed, o.summary_file})
        if (!written.empty()) o.files.excluded.emplace_back(written);
    return {};
}

result<void> job::open_embeddings() {
    auto const& o = options_;
    if (o.embed.empty()) return {};
    auto opened = embeddings_file::open(o.embed, {results_->rows(), o.resume, o.overwrite});
    if (!opened) return opened.error();
    embeddings_ = std::move(*opened);
    return {};
}

int job::run(backend& b) {
    std::signal(SIGPIPE, SIG_IGN);
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    asio::co_spawn(io_, watch_signals(b), asio::detached);
    auto const ended = [this](std::exception_ptr thrown) {
        if (thrown) broken_ = error(errc::internal_error, "internal error");
        signals_.cancel();
    };
    asio::co_spawn(io_, run_all(b), ended);
    io_.run();
    return finish();
}

asio::awaitable<void> job::run_all(backend& b) {
    auto const ready = co_await b.prepare();
    if (!ready) {
        no_model_ = ready.error();
        co_return;
    }
    if (options_.load)
        co_await run_load(b);
    else
        co_await run_files(b);
}

asio::awaitable<void> job::run_files(backend& b) {
    if (style() == progress_style::bar) counter_ = std::jthread([this](std::stop_token stop) { count_files(stop); });
    file_source source(options_.files);
    co_await run_source(source, b, summary_.all);
    summary_.skipped = source.skipped();
}

asio::awaitable<void> job::run_load(backend& b) {
    auto const& load = *options_.load;
    total_ = load.requests * load.waves;
    total_known_ = true;
    for (std::uint64_t i = 1; i <= load.waves && !interrupted_ && !broken_; ++i) {
        repeated_source source(load.image, load.requests);
        tally wave;
        co_await run_source(source, b, wave);
        std::fputs(wave_text("wave " + std::to_string(i), wave).c_str(), stdout);
        std::fflush(stdout);
        summary_.all.add(wave);
        summary_.waves.push_back(std::move(wave));
    }
    std::fputs(wave_text("all", summary_.all).c_str(), stdout);
    std::fflush(stdout);
}

asio::awaitable<void> job::run_source(path_source& source, backend& b, tally& counted) {
    auto const begin = steady_clock::now();
    auto const before = b.counts();
    record_handler on_record = [this, &counted](record const& r) { return take(r, counted); };
    runner one(io_.get_executor(), files_, source, b, options_.concurrency, std::move(on_record));
    progress_display display(io_.get_executor(), style(), STDERR_FILENO, [this] { return progress(); });
    running_ = &one;
    if (interrupted_) one.stop();
    display.start();
    auto const done = co_await one.run();
    display.stop();
    running_ = nullptr;
    counted.seconds = seconds_since(begin);
    counted.requests = difference(b.counts(), before);
    if (!done) broken_ = done.error();
}

asio::awaitable<void> job::watch_signals(backend& b) {
    for (;;) {
        auto const [failed, number] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (failed) co_return;
        if (interrupted_) std::_Exit(interrupted);
        interrupted_ = true;
        if (!options_.quiet) complain("interrupted: finishing the files in progress; interrupt again to stop at once");
        if (running_ != nullptr)
            running_->stop();
        else
            b.stop();
    }
}

result<void> job::take(record const& r, tally& counted) {
    counted.add(r, options_.expected ? &*options_.expected : nullptr);
    ++done_;
    if (r.failed) ++failed_;
    return results_ ? write(r) : result<void>();
}

// The row first: a record never names one that is not there.
result<void> job::write(record const& r) {
    if (!embeddings_ || r.embedding.empty()) return results_->write(r);
    auto const row = embeddings_->append(r.embedding);
    if (!row) return row.error();
    auto with_row = r;
    with_row.row = *row;
    return results_->write(with_row);
}

result<void> job::finish_embeddings() { return embeddings_ ? embeddings_->finish() : result<void>(); }

// A second walk for the progress bar, ahead of the one that classifies.
void job::count_files(std::stop_token const& stop) {
    auto const& roots = options_.files.roots;
    if (std::find(roots.begin(), roots.end(), "-") != roots.end()) return;
    file_source source(options_.files);
    std::uint64_t files = 0;
    while (!stop.stop_requested() && source.next()) ++files;
    total_ = files;
    total_known_ = !stop.stop_requested();
}

progress_style job::style() const {
    if (options_.quiet || results_on_terminal_) return progress_style::none;
    return ::isatty(STDERR_FILENO) != 0 ? progress_style::bar : progress_style::lines;
}

progress_state job::progress() const {
    progress_state s;
    s.done = done_;
    s.failed = failed_;
    if (total_known_) s.total = total_.load();
    return s;
}

int job::finish() {
    counter_ = std::jthread();
    if (interrupted_) no_model_.reset();
    if (no_model_) {
        complain(no_model_->message);
        return wrong_usage;
    }
    if (auto const finished = finish_embeddings(); !finished && !broken_) broken_ = finished.error();
    summary_.interrupted = interrupted_;
    summary_.over_http = options_.over_http;
    summary_.has_expectation = options_.expected.has_value();
    bool const shown = !options_.quiet && !options_.load && !(results_on_terminal_ && done_ <= 1);
    if (shown) std::fputs(summary_text(summary_).c_str(), stderr);
    if (broken_) complain(broken_->message);
    auto const written = write_summary();
    if (!written) complain(written.error().message);
    return written ? status() : std::max(status(), some_failed);
}

int job::status() const {
    if (interrupted_) return interrupted;
    if (broken_) return broken_->code == errc::model_not_loaded && done_ == 0 ? wrong_usage : some_failed;
    return failed_ > 0 ? some_failed : all_classified;
}

result<void> job::write_summary() const {
    if (options_.summary_file.empty()) return {};
    return write_whole_file(options_.summary_file, summary_json(summary_));
}

}  // namespace sma::batch
