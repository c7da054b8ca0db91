// Runner that keeps a number of files in flight until there are no more.
#pragma once

#include "sma/batch/backend.hpp"
#include "sma/batch/path_source.hpp"
#include "sma/core/file_threads.hpp"
#include "sma/core/thread_annotations.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <optional>

namespace sma::batch {

/// Called for every record, in order of completion, on the I/O thread. An error ends the run.
using record_handler = std::function<result<void>(record const&)>;

/// Belongs to the I/O thread; runs once. Refers to what it was made with. Memory grows with `concurrency`, not with
/// files.
class runner {
public:
    runner(boost::asio::any_io_executor executor, file_threads& files, path_source& source, backend& b, int concurrency,
           record_handler on_record);

    /// Runs until every file is done, or until stop() was called and what was in progress is done. Returns the error
    /// that ended it early, if one did.
    boost::asio::awaitable<result<void>> run();
    void stop();

private:
    boost::asio::awaitable<void> work();
    void take(outcome const& done);
    void give_up(error why);

    boost::asio::any_io_executor executor_;
    file_threads& files_;
    path_source& source_;
    mutex source_mutex_;  ///< held while its next() runs: one file thread at a time
    backend& backend_;
    int concurrency_;
    record_handler on_record_;
    boost::asio::steady_timer all_ended_;
    int working_ = 0;
    bool stopped_ = false;
    std::optional<error> failed_;
};

}  // namespace sma::batch
