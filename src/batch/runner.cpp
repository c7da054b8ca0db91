#include "runner.hpp"

#include "sma/core/correlation_id.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace sma::batch {
namespace {

namespace asio = boost::asio;

std::string what_of(std::exception_ptr const& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (std::exception const& e) {
        return e.what();
    } catch (...) {
        return "an exception of an unknown type";
    }
}

}  // namespace

runner::runner(asio::any_io_executor executor, file_threads& files, path_source& source, backend& b, int concurrency,
               record_handler on_record)
    : executor_(executor),
      files_(files),
      source_(source),
      backend_(b),
      concurrency_(concurrency),
      on_record_(std::move(on_record)),
      all_ended_(executor, asio::steady_timer::time_point::max()) {}

asio::awaitable<result<void>> runner::run() {
    working_ = concurrency_;
    for (int i = 0; i < concurrency_; ++i) {
        auto const ended = [this](std::exception_ptr thrown) {
            if (thrown) give_up(error(errc::internal_error, "internal error: " + what_of(thrown)));
            if (--working_ == 0) all_ended_.cancel();
        };
        asio::co_spawn(executor_, work(), ended);
    }
    while (working_ > 0) {
        [[maybe_unused]] auto const [ignored] = co_await all_ended_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (failed_) co_return *failed_;
    co_return result<void>();
}

asio::awaitable<void> runner::work() {
    while (!stopped_) {
        std::function<std::optional<source_entry>()> next = [this] {
            mutex_lock const lock(source_mutex_);
            return source_.next();
        };
        auto entry = co_await files_.async_run<std::optional<source_entry>>(std::move(next), asio::use_awaitable);
        if (!entry || stopped_) break;
        outcome done;
        if (entry->failed) {
            done.what.path = std::move(entry->path);
            done.what.failed = std::move(entry->failed);
            done.what.correlation_id = make_correlation_id();
        } else {
            done = co_await backend_.classify(std::move(entry->path));
        }
        take(done);
    }
}

void runner::take(outcome const& done) {
    if (done.is == outcome::kind::hopeless) return give_up(error(errc::model_not_loaded, done.reason));
    if (done.is == outcome::kind::abandoned || failed_) return;
    auto const taken = on_record_(done.what);
    if (!taken) give_up(taken.error());
}

void runner::give_up(error why) {
    if (!failed_) failed_ = std::move(why);
    stop();
}

void runner::stop() {
    if (stopped_) return;
    stopped_ = true;
    source_.stop();
    backend_.stop();
}

}  // namespace sma::batch
