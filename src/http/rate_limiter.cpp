#include "rate_limiter.hpp"

#include "sma/core/ip_network.hpp"

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/unordered_set.hpp>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

namespace sma::http {
namespace {

namespace intrusive = boost::intrusive;
using plain_hook = intrusive::link_mode<intrusive::normal_link>;

enum class family : std::uint64_t { other, v4, v6 };

struct network {
    std::uint64_t bits = 0;
    family kind = family::other;
    bool operator==(network const&) const = default;
};

network network_of(std::string_view client) {
    auto const address = ip_address::parse(client);
    if (!address) return {};
    network n;
    n.kind = address->is_v4() ? family::v4 : family::v6;
    if (n.kind == family::v4)
        std::memcpy(&n.bits, address->bytes.data() + 12, 4);
    else
        std::memcpy(&n.bits, address->bytes.data(), sizeof n.bits);
    return n;
}

/// The finalizer of SplitMix64.
std::uint64_t mix(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

/// Seeded, so that a client cannot choose networks that collide.
struct network_hash {
    std::uint64_t seed;
    std::size_t operator()(network const& n) const noexcept {
        return mix(mix(n.bits ^ seed) + static_cast<std::uint64_t>(n.kind));
    }
};

struct slot : intrusive::list_base_hook<plain_hook>, intrusive::unordered_set_base_hook<plain_hook> {
    network who;
    token_bucket bucket;
};

struct network_in_slot {
    using type = network;
    network const& operator()(slot const& s) const noexcept { return s.who; }
};

}  // namespace

/// Slots in one block, found by a hash table and ordered by their last use.
class rate_limiter::network_table {
public:
    network_table()
        : slots_(networks_max),
          chains_(2 * networks_max),
          by_network_({chains_.data(), chains_.size()}, network_hash{std::random_device()() * 0x100000001ULL}) {}

    token_bucket& bucket_of(network const& who) {
        auto const known = by_network_.find(who);
        auto& s = known == by_network_.end() ? settle(who) : *known;
        by_use_.splice(by_use_.end(), by_use_, by_use_.iterator_to(s));
        return s.bucket;
    }

    std::size_t size() const noexcept { return used_; }

private:
    slot& settle(network const& who) {
        bool const is_full = used_ == slots_.size();
        auto& s = is_full ? by_use_.front() : slots_[used_++];
        if (is_full)
            by_network_.erase(by_network_.iterator_to(s));
        else
            by_use_.push_back(s);
        s.who = who;
        s.bucket = token_bucket();
        by_network_.insert(s);
        return s;
    }

    using table = intrusive::unordered_set<slot, intrusive::key_of_value<network_in_slot>,
                                           intrusive::hash<network_hash>, intrusive::power_2_buckets<true>>;

    std::vector<slot> slots_;
    std::vector<table::bucket_type> chains_;
    table by_network_;
    intrusive::list<slot> by_use_;  ///< the longest unused first
    std::size_t used_ = 0;
};

rate_limiter::rate_limiter(request_rate usual)
    : usual_(usual), of_networks_(usual.is_limited() ? std::make_unique<network_table>() : nullptr) {}

rate_limiter::~rate_limiter() = default;

std::optional<quota> rate_limiter::take(api_key const& key, steady_time now) {
    auto const& rate = key.rate ? *key.rate : usual_;
    if (!rate.is_limited()) return std::nullopt;
    return of_keys_[key.name].take(rate, now);
}

std::optional<quota> rate_limiter::take(std::string_view client, steady_time now) {
    if (!of_networks_) return std::nullopt;
    return of_networks_->bucket_of(network_of(client)).take(usual_, now);
}

void rate_limiter::keep_only(api_keys const& keys) {
    std::erase_if(of_keys_, [&](auto const& named) { return !keys.has_name(named.first); });
}

std::size_t rate_limiter::networks() const noexcept { return of_networks_ ? of_networks_->size() : 0; }

}  // namespace sma::http
