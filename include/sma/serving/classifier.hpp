// Classifier of a request's images, from encoded bytes to logits, and the top classes. Used by the HTTP endpoints and
// by the batch command alike.
#pragma once

#include "sma/core/error.hpp"
#include "sma/core/request_context.hpp"
#include "sma/serving/classification_observer.hpp"
#include "sma/serving/decode_pool.hpp"
#include "sma/serving/dispatcher.hpp"
#include "sma/serving/image_classifier.hpp"
#include "sma/serving/model_manager.hpp"
#include "sma/serving/queue_slot.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace sma::serving {

/// What a request needs before its images are decoded: the model it begins with, and its places in the queue.
struct admission {
    std::shared_ptr<model_instance> model;
    queue_slot slot;
};

/// Owned by the pipeline; holds references to the three it connects. classify() may run on any executor.
class classifier final : public image_classifier {
public:
    classifier(model_manager& models, decode_pool& pool, dispatcher& d)
        : models_(models), pool_(pool), dispatcher_(d) {}

    result<void> check(std::size_t images, steady_time deadline) const override;

    /// Reserves places in the queue, decodes, infers, and counts the request in dispatcher::done().
    boost::asio::awaitable<result<classification>> classify(request_context context,
                                                            std::vector<std::string_view> images,
                                                            wanted_features wanted) override {
        return classify(std::move(context), std::move(images), image_content::file, wanted);
    }
    /// Classifies `images` that may be packed tensors rather than encoded files.
    boost::asio::awaitable<result<classification>> classify(request_context context,
                                                            std::vector<std::string_view> images, image_content content,
                                                            wanted_features wanted);

    // The steps of classify(), for joint_classification, which decodes once for several models.

    /// Errors: those of check(), and validation_error if the model has no such features.
    result<admission> admit(std::size_t images, steady_time deadline, wanted_features wanted);
    boost::asio::awaitable<result<decode_output>> decode(request_context context, std::shared_ptr<model_instance> model,
                                                         std::vector<std::string_view> images, image_content content);
    /// `decoded` is in the format of the admitted model's input.
    boost::asio::awaitable<result<classification>> infer(request_context context, admission admitted,
                                                         decode_output decoded, wanted_features wanted);
    /// Counts what classify() would have counted of a request that began at `began`.
    void count(result<classification> const& c, steady_time began);
    /// Shows the files of a request to the observer, if there is one.
    void observe(request_context const& context, std::vector<std::string_view> const& files, classification const& c);

    /// Before the first request. The observer must outlive them all; null: none.
    void set_observer(classification_observer* observer) noexcept { observer_ = observer; }

private:
    boost::asio::awaitable<result<classification>> run(request_context context, std::vector<std::string_view> images,
                                                       image_content content, wanted_features wanted);

    model_manager& models_;
    decode_pool& pool_;
    dispatcher& dispatcher_;
    classification_observer* observer_ = nullptr;
};

}  // namespace sma::serving
