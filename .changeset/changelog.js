/**
 * What a changeset becomes in a CHANGELOG.md: its text alone. All packages have one version, so the others'
 * versions are not news; and the commit that added a changeset says nothing to a user.
 */
export default {
  getReleaseLine: async ({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`,
  getDependencyReleaseLine: async () => '',
}
