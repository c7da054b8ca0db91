// Equal images in flight: the first one that comes leads, the others wait for what it brings.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/work_context.hpp"
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
    /// What it brought: logits, or an error of the image itself. Nothing: its leader had to give up.
    std::optional<result<std::vector<float>>> brought;

    bool landed() const noexcept { return landed_; }
    /// Wakes those who wait; once.
    void land();
    /// Until it has landed, the deadline, or the client left.
    static boost::asio::awaitable<void> wait(std::shared_ptr<flight> f, work_context context);

private:
    class passenger;

    bool landed_ = false;
    std::vector<boost::asio::steady_timer*> waiting_;
};

/// All of them. Belongs to one thread, and so do the coroutines that wait.
class flights {
public:
    /// nullptr if there is none.
    std::shared_ptr<flight> find(content_digest const& key) const;

    /// Leads a flight until it is destroyed; whoever waits then learns what it brought. Shares the ownership of the
    /// table, so that it may be destroyed after the cache.
    class lead {
    public:
        lead(std::shared_ptr<flights> all, content_digest const& key);
        lead(lead&&) = default;
        lead& operator=(lead&&) = delete;
        ~lead();

        void bring(result<std::vector<float>> what) { flight_->brought.emplace(std::move(what)); }

    private:
        std::shared_ptr<flights> all_;
        content_digest key_;
        std::shared_ptr<flight> flight_;
    };

private:
    std::map<content_digest, std::shared_ptr<flight>> in_air_;
};

}  // namespace sma::serving
