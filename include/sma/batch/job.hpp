// Job of the batch command: one run, from its options to its exit status.
#pragma once

#include "sma/batch/backend.hpp"
#include "sma/batch/embeddings_file.hpp"
#include "sma/batch/expectation.hpp"
#include "sma/batch/path_source.hpp"
#include "sma/batch/progress.hpp"
#include "sma/batch/results_file.hpp"
#include "sma/batch/summary.hpp"
#include "sma/core/file_threads.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace sma::batch {

/// Exit statuses.
constexpr int all_classified = 0;
constexpr int some_failed = 1;
constexpr int wrong_usage = 2;  ///< also: no model
constexpr int interrupted = 130;

struct load_options {
    std::string image;
    std::uint64_t requests = 100;  ///< of each wave
    std::uint64_t waves = 1;
};

struct job_options {
    file_source_options files;
    std::optional<load_options> load;  ///< in place of `files`
    std::string out;                   ///< empty: standard output (of a load: nowhere)
    bool no_results = false;           ///< nowhere in any case
    std::string embed;                 ///< embeddings file; empty: none; else `out` is a file of JSON lines
    bool resume = false;
    bool overwrite = false;
    std::string summary_file;  ///< empty: none
    bool quiet = false;
    int top_k = 5;        ///< predictions in a record
    int concurrency = 1;  ///< files under way at once
    bool over_http = false;
    std::optional<expectation> expected;
};

class runner;

/// On SIGINT or SIGTERM it finishes what is in progress; a second one ends the process at once. Belongs to the I/O
/// thread.
class job {
public:
    /// Opens what it writes. Errors: validation_error, io_error.
    static result<std::unique_ptr<job>> create(boost::asio::io_context& io, job_options options);
    ~job();

    file_threads& files() noexcept { return files_; }

    /// Runs the io_context. The exit status.
    int run(backend& b);

private:
    job(boost::asio::io_context& io, job_options options);
    result<void> open_results();
    result<void> open_embeddings();
    boost::asio::awaitable<void> run_all(backend& b);
    boost::asio::awaitable<void> run_files(backend& b);
    boost::asio::awaitable<void> run_load(backend& b);
    boost::asio::awaitable<void> run_source(path_source& source, backend& b, tally& counted);
    boost::asio::awaitable<void> watch_signals(backend& b);
    result<void> take(record const& r, tally& counted);
    result<void> write(record const& r);
    result<void> finish_embeddings();
    void count_files(std::stop_token const& stop);
    progress_style style() const;
    progress_state progress() const;
    int finish();
    int status() const;
    result<void> write_summary() const;

    boost::asio::io_context& io_;
    job_options options_;
    boost::asio::signal_set signals_;
    std::unique_ptr<results_file> results_;
    std::unique_ptr<embeddings_file> embeddings_;  ///< none unless asked for
    bool results_on_terminal_ = false;
    file_threads files_;
    summary summary_;
    runner* running_ = nullptr;
    std::uint64_t done_ = 0;
    std::uint64_t failed_ = 0;
    bool interrupted_ = false;
    std::optional<error> no_model_;
    std::optional<error> broken_;
    std::atomic<std::uint64_t> total_{0};
    std::atomic<bool> total_known_{false};
    std::jthread counter_;  ///< last: it uses the members above
};

}  // namespace sma::batch
