// Thread that rereads files while the service runs.
#pragma once

#include "sma/core/error.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <exception>
#include <functional>
#include <utility>

namespace sma::app {

/// Calls `read` on a thread of its own, one call at a time, because files can be slow, and passes its result to `take`
/// on the I/O thread, where all other functions belong. The destructor waits for a read in progress.
template <class T>
class background_reader {
public:
    /// `read` is called on the reader's thread, `take` on the I/O thread.
    background_reader(boost::asio::io_context& io, std::function<result<T>()> read,
                      std::function<void(result<T> const&)> take)
        : io_(io), read_(std::move(read)), take_(std::move(take)) {}

    /// Returns at once. If a read is in progress, exactly one more follows it.
    void start() {
        if (std::exchange(reading_, true))
            read_again_ = true;
        else
            read();
    }

private:
    void read() {
        boost::asio::post(
            thread_, [this] { boost::asio::post(io_, [this, loaded = read_without_throwing()] { finish(loaded); }); });
    }

    // The thread pool does not catch exceptions.
    result<T> read_without_throwing() const {
        try {
            return read_();
        } catch (std::exception const& e) {
            return error(errc::internal_error, e.what());
        }
    }

    void finish(result<T> const& loaded) {
        take_(loaded);
        reading_ = std::exchange(read_again_, false);
        if (reading_) read();
    }

    boost::asio::io_context& io_;
    std::function<result<T>()> const read_;
    std::function<void(result<T> const&)> const take_;
    bool reading_ = false;
    bool read_again_ = false;
    boost::asio::thread_pool thread_{1};  // last: it uses what is above
};

}  // namespace sma::app
