// An OPC UA server of node-opcua: node node_opcua_server.js HOST PORT FOLDER. No security and Basic256Sha256, three ways to log in.
const path = require("path");
const { OPCUAServer } = require("node-opcua-server");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { MessageSecurityMode, SecurityPolicy } = require("node-opcua-secure-channel");

const [host, port, folder] = process.argv.slice(2);

async function main() {
  const server = new OPCUAServer({
    host,
    hostname: host,
    port: Number(port),
    serverInfo: { applicationUri: "urn:nodecorp:plc", productUri: "urn:nodecorp:products:plc", applicationName: { text: "Node PLC" } },
    buildInfo: {
      productName: "Node PLC", productUri: "urn:nodecorp:firmware", manufacturerName: "NodeCorp",
      softwareVersion: "9.9.1", buildNumber: "77", buildDate: new Date("2024-03-02T00:00:00Z"),
    },
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    allowAnonymous: true,
    serverCertificateManager: new OPCUACertificateManager({ rootFolder: path.join(folder, "pki") }),
    userCertificateManager: new OPCUACertificateManager({ rootFolder: path.join(folder, "users") }),
  });
  await server.start();
}
main().catch((error) => { console.error(error); process.exit(1); });
