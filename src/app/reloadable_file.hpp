// File that is read at the start, and again when the service is told to reload.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/logging.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

namespace sma::app {

/// Owned by the composition, used on the I/O thread. Files can be slow: reload() reads on a thread of its own, one read
/// at a time. The destructor waits for a read in progress. Without a file (the setting is empty) it has no thread and
/// does nothing.
template <class T>
class reloadable_file {
public:
    struct functions {
        std::function<result<T>()> read;  ///< on the reader's thread; blocks
        std::function<void(T)> use;       ///< on the I/O thread
        std::string_view on_failure;      ///< the log event for a file that cannot be used: what is used before stays
    };

    reloadable_file(boost::asio::io_context& io, bool exists, functions f) : io_(io), functions_(std::move(f)) {
        if (exists) thread_.emplace(1);
    }
    reloadable_file(reloadable_file const&) = delete;
    reloadable_file& operator=(reloadable_file const&) = delete;

    /// Before the server listens: blocks. Error: that of `read`.
    result<void> load() {
        if (!thread_) return {};
        auto loaded = functions_.read();
        if (!loaded) return loaded.error();
        functions_.use(std::move(*loaded));
        return {};
    }

    /// Returns at once. During a read, exactly one more is queued after it.
    void reload() {
        if (!thread_) return;
        if (std::exchange(reading_, true))
            read_again_ = true;
        else
            start_reading();
    }

private:
    void start_reading() {
        boost::asio::post(*thread_, [this] {
            boost::asio::post(io_, [this, loaded = read_without_throwing()]() mutable { finish(std::move(loaded)); });
        });
    }

    // On a thread where nobody else would catch it.
    result<T> read_without_throwing() const {
        try {
            return functions_.read();
        } catch (std::exception const& e) {
            return error(errc::internal_error, e.what());
        }
    }

    void finish(result<T> loaded) {
        if (loaded)
            functions_.use(std::move(*loaded));
        else
            log::error(functions_.on_failure, {{"cause", loaded.error().message}});
        reading_ = std::exchange(read_again_, false);
        if (reading_) start_reading();
    }

    boost::asio::io_context& io_;
    functions const functions_;
    bool reading_ = false;
    bool read_again_ = false;
    std::optional<boost::asio::thread_pool> thread_;  // last: it uses what is above
};

}  // namespace sma::app
