// Endpoints of the Open Inference Protocol (KServe v2, with Triton's extensions for binary tensors, classification,
// model configuration and statistics): everything below /v2.
#pragma once

#include "sma/api/inference_protocol/descriptions.hpp"
#include "sma/api/inference_protocol/infer_answer.hpp"
#include "sma/api/inference_protocol/infer_request.hpp"
#include "sma/api/service_endpoints.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/http/router.hpp"
#include "sma/image/decode_pool.hpp"
#include "sma/serving/classifier.hpp"

#include <memory>
#include <vector>

namespace sma::api::inference_protocol {

/// {"error": "<string>"}, with Retry-After where the error has one. An error in a request's content has status 400, as
/// the protocol defines it; every other error keeps its own status.
http::response make_error(error const& e, std::string_view correlation_id);
unsigned status_of(errc code) noexcept;

/// endpoint::describe() of every row: v2.json has each once, completed here with the path's parameters, the paths of
/// the examples and the errors' own schema and statuses.
boost::json::object describe_row(http::verb method, std::string_view path);

/// Look-up of the model that a request names. I/O thread.
class model_directory {
public:
    explicit model_directory(service const& s) : service_(s) {}

    /// The model of the route's {model} and {version}. Errors: not_found, model_not_loaded, shutting_down.
    result<std::shared_ptr<serving::model_instance>> find(http::request const& r) const;
    /// The model's name in URLs.
    std::string name_of(serving::model_instance const& model) const;
    model_facts facts_of(serving::model_instance const& model) const;
    request_rules rules_for(serving::model_instance const& model) const;
    service const& about() const noexcept { return service_; }

private:
    service const& service_;
};

/// A GET endpoint that answers from memory at once. I/O thread.
class page : public http::endpoint {
public:
    using function = result<http::response> (*)(model_directory const& models, http::request const& r);

    page(model_directory const& models, function answer) : models_(models), answer_(answer) {}
    boost::json::object describe(http::verb method, std::string_view path) const override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    model_directory const& models_;
    function answer_;
};

/// POST .../infer. I/O thread; long JSON is read and written on a decode thread.
class infer : public http::endpoint {
public:
    infer(model_directory const& models, serving::classifier& classifier, image::decode_pool& pool)
        : models_(models), classifier_(classifier), pool_(pool) {}

    result<void> admit(http::request const& head) override;
    boost::json::object describe(http::verb method, std::string_view path) const override;
    boost::asio::awaitable<http::response> handle(http::request& r) override;

private:
    boost::asio::awaitable<result<infer_request>> read(http::request const& r, request_rules rules);
    boost::asio::awaitable<infer_answer> write(infer_request const& request, serving::classification const& c,
                                               std::vector<std::vector<float>> const& rows, request_context context);

    model_directory const& models_;
    serving::classifier& classifier_;
    image::decode_pool& pool_;
};

/// All endpoints of the protocol. Owned by the composition; its constructor's arguments must outlive it.
class endpoints {
public:
    endpoints(service const& s, serving::classifier& classifier, image::decode_pool& pool);

    /// For the route table.
    std::vector<http::route> rows();
    static http::error_shape errors() { return {"/v2", make_error}; }

private:
    model_directory models_;
    page server_;
    page live_;
    page ready_;
    page model_;
    page model_ready_;
    page config_;
    page statistics_;
    infer infer_;
};

}  // namespace sma::api::inference_protocol
