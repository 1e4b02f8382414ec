// A connection over TLS.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "martlet/status.h"
#include "server/http/connection.h"

namespace martlet {

/// What every connection needs: the certificate and its key, TLS 1.2 or later.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const HttpOptions& options);

std::shared_ptr<Connection> make_tls_connection(
    std::shared_ptr<HttpContext> shared, IoThread& io, boost::asio::ip::tcp::socket socket,
    std::string client, std::shared_ptr<boost::asio::ssl::context> tls
);

}  // namespace martlet
