// Single flight: equal images in flight share the classification of the first, their leader.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/serving/content_hasher.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace sma::serving {

/// One image that is being classified. Shared by its leader and its followers.
class flight {
public:
    /// The leader's result: logits, or an error of the image itself. Nothing if the leader was cancelled or failed for
    /// a reason of its own.
    std::optional<result<std::vector<float>>> outcome;

    bool is_done() const noexcept { return done_; }
    /// Wakes the followers. To be called once.
    void finish();
    /// Waits until the flight has finished, the deadline has passed or the client has left.
    static boost::asio::awaitable<void> wait(std::shared_ptr<flight> f, request_context context);

private:
    class follower;

    bool done_ = false;
    std::vector<boost::asio::steady_timer*> waiting_;
};

/// The flights by content digest. Belongs to one thread, as do the coroutines that wait.
class single_flight {
public:
    /// nullptr if there is none.
    std::shared_ptr<flight> find(content_digest const& key) const;

    /// The leader of a flight. Its destructor finishes the flight and wakes the followers. Co-owns the table, so that
    /// it may be destroyed after the cache.
    class leader {
    public:
        leader(std::shared_ptr<single_flight> all, content_digest const& key);
        leader(leader&&) = default;
        leader& operator=(leader&&) = delete;
        ~leader();

        void set_result(result<std::vector<float>> what) { flight_->outcome.emplace(std::move(what)); }

    private:
        std::shared_ptr<single_flight> all_;
        content_digest key_;
        std::shared_ptr<flight> flight_;
    };

private:
    std::map<content_digest, std::shared_ptr<flight>> in_air_;
};

}  // namespace sma::serving
