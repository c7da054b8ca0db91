#include "sma/serving/content_hasher.hpp"

#include "sma/core/this_thread.hpp"

#include "sma/core/thread_annotations.hpp"

#include <openssl/evp.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <thread>

namespace sma::serving {
namespace {

void require(int openssl_result) {
    if (openssl_result != 1) throw std::runtime_error("OpenSSL cannot compute SHA-256");
}

}  // namespace

content_digest hash_content(std::string_view fingerprint, std::string_view bytes) {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context) throw std::bad_alloc();
    std::uint64_t const length = fingerprint.size();
    content_digest digest{};
    require(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
    require(EVP_DigestUpdate(context.get(), &length, sizeof length));
    require(EVP_DigestUpdate(context.get(), fingerprint.data(), fingerprint.size()));
    require(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
    require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
    return digest;
}

class content_hasher::impl {
public:
    explicit impl(std::size_t images_max) : images_max_(images_max), thread_([this] { run(); }) {}

    ~impl() {
        {
            mutex_lock const lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }

    void submit(hash_request request, std::unique_ptr<completion<answer>> done) {
        if (take_in(request, done))
            changed_.notify_one();
        else
            done->complete(error(errc::queue_full, "too many images are waiting to be hashed", 1));
    }

private:
    using job = std::pair<hash_request, std::unique_ptr<completion<answer>>>;

    /// Moves both into the queue, unless it is full.
    bool take_in(hash_request& request, std::unique_ptr<completion<answer>>& done) {
        mutex_lock const lock(mutex_);
        auto const images = request.images.size();
        if (images > images_max_ || held_ > images_max_ - images) return false;
        queue_.emplace_back(std::move(request), std::move(done));
        held_ += images;
        return true;
    }

    void run() {
        name_this_thread("sma-hash");
        while (auto next = take()) {
            auto const images = next->first.images.size();
            auto hashed = hash_all(next->first);
            {
                mutex_lock const lock(mutex_);
                held_ -= images;
            }
            next->second->complete(std::move(hashed));
        }
    }

    std::unique_ptr<job> take() {
        mutex_lock lock(mutex_);
        while (queue_.empty() && !stopping_) lock.wait(changed_);
        if (queue_.empty()) return nullptr;
        auto next = std::make_unique<job>(std::move(queue_.front()));
        queue_.pop_front();
        return next;
    }

    static answer hash_all(hash_request const& request) {
        try {
            std::vector<content_digest> digests;
            for (auto const bytes : request.images) digests.push_back(hash_content(request.fingerprint, bytes));
            return digests;
        } catch (std::exception const& e) {
            return error(errc::internal_error, e.what());
        }
    }

    std::size_t const images_max_;
    mutex mutex_;
    std::condition_variable changed_;
    std::deque<job> queue_ SMA_GUARDED_BY(mutex_);
    std::size_t held_ SMA_GUARDED_BY(mutex_) = 0;  ///< images queued or being hashed
    bool stopping_ SMA_GUARDED_BY(mutex_) = false;
    std::thread thread_;  // last: it uses the others
};

content_hasher::content_hasher(std::size_t images_max) : impl_(std::make_unique<impl>(images_max)) {}

content_hasher::~content_hasher() = default;

void content_hasher::submit(hash_request request, std::unique_ptr<completion<answer>> done) {
    impl_->submit(std::move(request), std::move(done));
}

}  // namespace sma::serving
