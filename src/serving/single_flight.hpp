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

/// One image that is being classified. Shared by its leader and those who wait.
class flight {
public:
    /// What it outcome: logits, or an error of the image itself. Nothing: its leader had to give up.
    std::optional<result<std::vector<float>>> outcome;

    bool is_done() const noexcept { return done_; }
    /// Wakes those who wait; once.
    void finish();
    /// Until it has landed, the deadline, or the client left.
    static boost::asio::awaitable<void> wait(std::shared_ptr<flight> f, request_context context);

private:
    class follower;

    bool done_ = false;
    std::vector<boost::asio::steady_timer*> waiting_;
};

/// All of them. Belongs to one thread, and so do the coroutines that wait.
class single_flight {
public:
    /// nullptr if there is none.
    std::shared_ptr<flight> find(content_digest const& key) const;

    /// Leads a flight until it is destroyed; whoever waits then learns what it outcome. Shares the ownership of the
    /// table, so that it may be destroyed after the cache.
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
